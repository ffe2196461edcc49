import {
  buildAttemptBatch,
  decodeOutcome,
  splitAttemptBatch,
  type AttemptBatch,
  type Clock,
  type Logger,
} from '@tollgate/core';
import type { UsageSink } from './port.ts';
import type { RejectedFile } from './rejected-file.ts';

export interface BatchBookerOptions {
  sink: UsageSink;
  rejected: RejectedFile;
  clock: Clock;
  logger: Logger;
  /** In [0, 1). */
  random: () => number;
  bookTimeoutMs: number;
  backoffBaseMs: number;
  backoffMaxMs: number;
}

/** A row alone is tried this often before it is put aside: the sink may have been wrong once. */
const PERMANENT_TRIES = 3;
/** While stopping there is no time for long pauses. */
const STOPPING_PAUSE_MS_MAX = 50;
const NOTHING = (): void => {};

interface Part {
  batch: AttemptBatch;
  permanentFailures: number;
}

/**
 * Books batches, for as long as it takes: passing faults are retried for ever with full jitter. A fault that
 * the sink marks `permanent` splits the batch until the poisonous row is alone, which goes to the side file.
 */
export class BatchBooker {
  readonly #options: BatchBookerOptions;
  #failures = 0;
  #failingSinceMs: number | null = null;
  #isStopping = false;
  #isHalted = false;
  #interrupt = NOTHING;

  constructor(options: BatchBookerOptions) {
    this.#options = options;
  }

  get failingSinceMs(): number | null {
    return this.#failingSinceMs;
  }

  get isHalted(): boolean {
    return this.#isHalted;
  }

  /** True when every row is booked or put aside; false when halted before. */
  async book(batch: AttemptBatch): Promise<boolean> {
    const parts: Part[] = [{ batch, permanentFailures: 0 }];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (this.#isHalted) return false;
      try {
        await this.#bookPart(part, parts);
        this.#noteSuccess();
      } catch (error) {
        if (this.#isHalted) return false;
        parts.push(part);
        this.#noteFailure(error, part.batch.count);
        await this.pause(this.#backoffMs());
      }
    }
    return true;
  }

  /** Ends the waits: what is in flight may still succeed, pauses become short. */
  hurry(): void {
    this.#isStopping = true;
    this.#interruptPause();
  }

  /** Gives up at once, even in the middle of a call of the sink. */
  halt(): void {
    this.#isHalted = true;
    this.#interrupt();
    this.#interruptPause();
  }

  endPause(): void {
    this.#interruptPause();
  }

  /** Waits without holding the process; {@link endPause}, {@link hurry} and {@link halt} end it. */
  async pause(ms: number): Promise<void> {
    if (this.#isHalted) return;
    const waitMs = this.#isStopping ? Math.min(ms, STOPPING_PAUSE_MS_MAX) : ms;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      if (!this.#isStopping) timer.unref();
      const interrupt = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#interruptPause = interrupt;
    });
    this.#interruptPause = NOTHING;
  }

  #interruptPause = NOTHING;

  async #bookPart(part: Part, parts: Part[]): Promise<void> {
    try {
      await this.#callSink(part.batch);
    } catch (error) {
      if (this.#isHalted || !isPermanent(error)) throw error;
      part.permanentFailures += 1;
      if (part.batch.count > 1) parts.push(...splitInHalves(part.batch));
      else if (part.permanentFailures < PERMANENT_TRIES) throw error;
      else await this.#putAside(part.batch.text, error);
    }
  }

  async #putAside(text: string, error: unknown): Promise<void> {
    await this.#options.rejected.append(text);
    const outcome = decodeOutcome(text);
    this.#options.logger.error(
      { attemptId: outcome?.attemptId, requestId: outcome?.requestId, error },
      'usage row is refused for good and put aside: it is not billed',
    );
  }

  #callSink(batch: AttemptBatch): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error('the sink did not answer in time')),
      this.#options.bookTimeoutMs,
    );
    timer.unref();
    const interrupt = (): void => reject(new Error('halted'));
    this.#interrupt = interrupt;
    Promise.resolve()
      .then(() => this.#options.sink.book(batch))
      .then(resolve, reject);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#interrupt = NOTHING;
    });
  }

  #noteSuccess(): void {
    if (this.#failingSinceMs !== null)
      this.#options.logger.info({ tries: this.#failures }, 'usage ships again');
    this.#failures = 0;
    this.#failingSinceMs = null;
  }

  #noteFailure(error: unknown, rows: number): void {
    this.#failures += 1;
    if (this.#failingSinceMs !== null) return;
    this.#failingSinceMs = this.#options.clock.nowMs();
    this.#options.logger.error({ error, rows }, 'usage cannot be booked; the journal keeps it and tries on');
  }

  #backoffMs(): number {
    const { backoffBaseMs, backoffMaxMs, random } = this.#options;
    return random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(this.#failures, 30));
  }
}

/** In reverse, since the last part is taken first: the order of the rows stays. */
function splitInHalves(batch: AttemptBatch): Part[] {
  const texts = splitAttemptBatch(batch);
  const middle = Math.ceil(texts.length / 2);
  return [
    { batch: buildAttemptBatch(texts.slice(middle)), permanentFailures: 0 },
    { batch: buildAttemptBatch(texts.slice(0, middle)), permanentFailures: 0 },
  ];
}

function isPermanent(error: unknown): boolean {
  return error instanceof Error && 'permanent' in error && error.permanent === true;
}
