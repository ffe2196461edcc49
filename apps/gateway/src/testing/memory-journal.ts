import type { AttemptFacts, AttemptOutcome } from '@tollgate/core';
import { JournalFullError, type Journal, type JournalStatus } from '@tollgate/journal';

/** Keeps what was written, and can be full. */
export class MemoryJournal implements Journal {
  readonly opened: AttemptFacts[] = [];
  readonly closed: AttemptOutcome[] = [];
  isFull = false;
  /** Called by `close` before it takes the record, e.g. to throw. */
  beforeClose: (() => void) | null = null;

  async open(facts: AttemptFacts): Promise<void> {
    if (this.isFull) throw new JournalFullError('full');
    this.opened.push(facts);
  }

  close(outcome: AttemptOutcome): void {
    this.beforeClose?.();
    this.closed.push(outcome);
  }

  async flush(): Promise<void> {}

  status(): JournalStatus {
    const openAttempts = this.opened.length - this.closed.length;
    return { pendingAttempts: this.closed.length, openAttempts, bytesOnDisk: 0, shipFailingSinceMs: null };
  }

  async stop(): Promise<void> {}
}
