import { DecisionBatch, type DecisionSink, type DecisionText, type Logger } from '@tollgate/core';

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
  /** Takes what comes. */
  #open = new DecisionBatch();
  /** Take nothing more; the first may be on its way. */
  #closed: DecisionBatch[] = [];
  #characters = 0;
  #writing: Promise<void> | null = null;
  #reported = 0;
  /** Records that were lost since the start. */
  dropped = 0;

  constructor(options: DecisionQueueOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#flush(), options.intervalMs ?? INTERVAL_MS).unref();
  }

  add(record: DecisionText): void {
    if (this.#characters + record.line.length > (this.#options.charactersMax ?? CHARACTERS_MAX)) {
      this.dropped += 1;
      return;
    }
    this.#characters += this.#open.add(record);
    if (this.#open.lines.length < BATCH_RECORDS) return;
    this.#closeBatch();
    void this.#flush();
  }

  #closeBatch(): void {
    if (this.#open.lines.length > 0) this.#closed.push(this.#open);
    this.#open = new DecisionBatch();
  }

  /** Writes what is there, for at most `withinMs`; the rest is lost. */
  async stop(withinMs: number): Promise<void> {
    clearInterval(this.#timer);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    await Promise.race([this.#flush(), late]);
    clearTimeout(timer);
    this.#closeBatch();
    for (const { lines } of this.#closed.splice(0)) this.dropped += lines.length;
    this.#reportDropped();
  }

  /** One at a time; never rejects. */
  #flush(): Promise<void> {
    return (this.#writing ??= this.#writeAll().finally(() => (this.#writing = null)));
  }

  async #writeAll(): Promise<void> {
    const { sink, logger } = this.#options;
    try {
      for (let batch = this.#peek(); batch !== undefined; batch = this.#peek()) {
        await sink.write(batch);
        this.#closed.shift();
        this.#characters -= batch.characters;
      }
    } catch (fault) {
      // What is there waits for the next round; a database that is away must not fill the log.
      logger.debug({ err: fault, characters: this.#characters }, 'decision records wait');
    }
    this.#reportDropped();
  }

  /** What is written next; undefined = nothing waits. */
  #peek(): DecisionBatch | undefined {
    if (this.#closed.length === 0) this.#closeBatch();
    return this.#closed[0];
  }

  #reportDropped(): void {
    const dropped = this.dropped - this.#reported;
    if (dropped > 0) this.#options.logger.warn({ dropped }, 'decision records were dropped');
    this.#reported = this.dropped;
  }
}
