import type { Logger } from '@tollgate/core';
import { StoreUnavailableError } from '../port.ts';

export interface CircuitOptions {
  /** Round trip to the store; rejects when it is not there. */
  ping(): Promise<void>;
  logger: Logger;
  /** For tests. */
  timings?: Partial<CircuitTimings>;
}

export interface CircuitTimings {
  /** While all is well, the store is looked after this often: the state is known without traffic, too. */
  watchMs: number;
  /** While it is away. Doubled by each look in vain, and by a store that is lost again soon. */
  probeMs: number;
  probeMsMax: number;
}

const DEFAULT_TIMINGS: Readonly<CircuitTimings> = { watchMs: 1_000, probeMs: 250, probeMsMax: 2_000 };

/**
 * LIM-11: who finds the store away pays the store's time limit once; after that nobody asks it, until a look in the
 * background finds it answering.
 */
export class StoreCircuit {
  readonly #ping: () => Promise<void>;
  readonly #logger: Logger;
  readonly #timings: CircuitTimings;
  #timer: NodeJS.Timeout | null = null;
  #delayMs: number;
  #isOpen = false;
  #isClosed = false;

  constructor({ ping, logger, timings }: CircuitOptions) {
    this.#ping = ping;
    this.#logger = logger;
    this.#timings = { ...DEFAULT_TIMINGS, ...timings };
    this.#delayMs = this.#timings.probeMs;
    this.#lookAfter(this.#timings.watchMs);
  }

  /** The store is away: nobody is to wait for it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Rejects with StoreUnavailableError: at once while the store is away, else as `call` does. */
  async ask<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isOpen) throw new StoreUnavailableError('the store is away');
    try {
      return await call();
    } catch (fault) {
      this.note(fault);
      throw fault;
    }
  }

  /** What a call to the store was rejected with, where it was not made by `ask`. */
  note(fault: unknown): void {
    if (fault instanceof StoreUnavailableError) this.#open(fault);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #open(fault: StoreUnavailableError): void {
    if (this.#isOpen || this.#isClosed) return;
    this.#isOpen = true;
    this.#logger.error({ err: fault, store: 'degraded' }, 'the store is away: limits are degraded');
    this.#lookAfter(this.#delayMs);
  }

  #lookAfter(ms: number): void {
    if (this.#isClosed) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), ms);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const fault = await this.#ping().then(
      () => null,
      (error: unknown) => new StoreUnavailableError('the store does not answer', { cause: error }),
    );
    if (this.#isOpen) this.#noteProbe(fault === null);
    else if (fault) this.#open(fault);
    else this.#noteHealthy();
  }

  #noteProbe(isBack: boolean): void {
    if (isBack) {
      this.#isOpen = false;
      this.#logger.warn({ store: 'ok' }, 'the store is back: limits are whole again');
      this.#lookAfter(this.#timings.watchMs);
    }
    // Reset only by a store that stays: one that comes and goes is asked less and less often.
    this.#delayMs = Math.min(this.#delayMs * 2, this.#timings.probeMsMax);
    if (!isBack) this.#lookAfter(this.#delayMs);
  }

  #noteHealthy(): void {
    this.#delayMs = this.#timings.probeMs;
    this.#lookAfter(this.#timings.watchMs);
  }
}
