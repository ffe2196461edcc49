import type { AttemptBatch, AttemptFacts, AttemptOutcome } from '@tollgate/core';

/**
 * The durable usage journal of one gateway process. `open` and `close` return when the record is in the
 * operating system's hands (survives kill -9 of the process); fsync follows in batches (survives power loss).
 * Both are synchronous: they cost one small write and never wait for a disk flush.
 */
export interface Journal {
  /** Written before the attempt is sent. Throws JournalFullError when the bound is reached: refuse the request. */
  open(facts: AttemptFacts): void;
  /** Written before the client sees the end of the answer. Closing twice keeps the first. Never refused by the bound. */
  close(outcome: AttemptOutcome): void;
  /** Resolves when everything written so far is fsynced. */
  flush(): Promise<void>;
  /** Live figures for metrics and alarms. */
  status(): JournalStatus;
  /** Ships what it can within the bound, fsyncs, closes files. */
  stop(options: { shipWithinMs: number }): Promise<void>;
}

export interface JournalStatus {
  /** Closed attempts that Postgres has not confirmed yet. */
  pendingAttempts: number;
  /** Opened and not closed. */
  openAttempts: number;
  bytesOnDisk: number;
  /** Since when shipping fails; null while it works. */
  shipFailingSinceMs: number | null;
}

/**
 * Where closed attempts go. Must be idempotent by attempt id, inside a batch too (the first counts), and book a
 * batch entirely or not at all. A fault with `permanent: true` says that the batch will never be taken as it is.
 */
export interface UsageSink {
  book(batch: AttemptBatch): Promise<void>;
}

export class JournalFullError extends Error {
  override readonly name = 'JournalFullError';
}
