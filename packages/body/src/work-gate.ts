import { TollgateError } from '@tollgate/core';

interface Waiter {
  start(): void;
  refuse(fault: TollgateError): void;
}

/** Lets at most `runningMax` pieces of work run, first come first served, and at most `waitingMax` wait. */
export class WorkGate {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  /** Insertion order is the queue; a waiter leaves from anywhere in O(1). */
  readonly #waiters = new Set<Waiter>();
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * The result of `work`, once it had its turn. Rejects with TollgateError `unavailable` when the queue is
   * full or the gate closed, and with `client_closed` as soon as the signal fires: waiting work is then
   * never started, running work goes on to its end and its result is dropped.
   */
  run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted) return Promise.reject(new TollgateError('client_closed'));
    const full = this.#running.size >= this.#runningMax && this.#waiters.size >= this.#waitingMax;
    if (this.#closed || full) return Promise.reject(new TollgateError('unavailable'));
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const waiter: Waiter = {
      start: () => this.#start(work, resolve, reject),
      refuse: reject,
    };
    this.#waiters.add(waiter);
    this.#startNext();
    return signal === undefined ? promise : this.#leaveOnAbort(promise, waiter, signal);
  }

  /** Refuses who waits; resolves when nothing runs any more. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.refuse(new TollgateError('unavailable'));
    this.#waiters.clear();
    await Promise.allSettled(this.#running);
  }

  async #leaveOnAbort<Result>(work: Promise<Result>, waiter: Waiter, signal: AbortSignal): Promise<Result> {
    const leave = (): void => {
      this.#waiters.delete(waiter);
      waiter.refuse(new TollgateError('client_closed'));
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await work;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #startNext(): void {
    for (const waiter of this.#waiters) {
      if (this.#running.size >= this.#runningMax) return;
      this.#waiters.delete(waiter);
      waiter.start();
    }
  }

  #start<Result>(
    work: () => Promise<Result>,
    resolve: (result: Result) => void,
    reject: (fault: unknown) => void,
  ): void {
    const run = work()
      .then(resolve, reject)
      .finally(() => {
        this.#running.delete(run);
        this.#startNext();
      });
    this.#running.add(run);
  }
}
