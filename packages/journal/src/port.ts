import type { AttemptBatch, AttemptFacts, AttemptOutcome } from '@tollgate/core';

/**
 * The durable usage journal of one gateway process. When `close` returns, and when the promise of `open` resolves, the
 * record is in the operating system's hands (survives kill -9 of the process); fsync follows in batches (survives
 * power loss). Neither waits for a disk flush.
 */
export interface Journal {
  /**
   * To be awaited before the attempt is sent. The records of one turn of the loop are one write, made at the end of
   * its microtasks: no event comes in between. Rejects with JournalFullError when the bound is reached or the disk
   * is full: refuse the request.
   */
  open(facts: AttemptFacts): Promise<void>;
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
