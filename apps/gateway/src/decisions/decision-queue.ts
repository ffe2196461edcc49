import type { DecisionSink, Logger } from '@tollgate/core';

export interface DecisionQueueOptions {
  sink: DecisionSink;
  logger: Logger;
  /** Default 1 s. */
  intervalMs?: number;
  /** Default 32 MiB of text. */
  charactersMax?: number;
}

const INTERVAL_MS = 1_000;
const CHARACTERS_MAX = 33_554_432;
const BATCH_RECORDS = 500;

/**
 * Decision records on their way to Postgres, in batches. They are no money: the queue is in memory and bounded, and
 * what does not fit is dropped and counted.
 */
export class DecisionQueue {
  readonly #options: DecisionQueueOptions;
  readonly #timer: NodeJS.Timeout;
  #waiting: string[] = [];
  #characters = 0;
  #writing: Promise<void> | null = null;
  #reported = 0;
  /** Records that were lost since the start. */
  dropped = 0;

  constructor(options: DecisionQueueOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#flush(), options.intervalMs ?? INTERVAL_MS).unref();
  }

  add(record: string): void {
    if (this.#characters + record.length > (this.#options.charactersMax ?? CHARACTERS_MAX)) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(record);
    this.#characters += record.length;
    if (this.#waiting.length >= BATCH_RECORDS) void this.#flush();
  }

  /** Writes what is there, for at most `withinMs`; the rest is lost. */
  async stop(withinMs: number): Promise<void> {
    clearInterval(this.#timer);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    await Promise.race([this.#flush(), late]);
    clearTimeout(timer);
    this.dropped += this.#waiting.length;
    this.#waiting = [];
    this.#reportDropped();
  }

  /** One at a time; never rejects. */
  #flush(): Promise<void> {
    return (this.#writing ??= this.#writeAll().finally(() => (this.#writing = null)));
  }

  async #writeAll(): Promise<void> {
    const { sink, logger } = this.#options;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.slice(0, BATCH_RECORDS);
        await sink.write(batch);
        this.#waiting.splice(0, batch.length);
        for (const record of batch) this.#characters -= record.length;
      }
    } catch (fault) {
      // What is there waits for the next round; a database that is away must not fill the log.
      logger.debug({ err: fault, waiting: this.#waiting.length }, 'decision records wait');
    }
    this.#reportDropped();
  }

  #reportDropped(): void {
    const dropped = this.dropped - this.#reported;
    if (dropped > 0) this.#options.logger.warn({ dropped }, 'decision records were dropped');
    this.#reported = this.dropped;
  }
}
