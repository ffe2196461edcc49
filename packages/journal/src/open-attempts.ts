import { SlotMap, type AttemptFacts } from '@tollgate/core';
import type { Segment } from './segment-files.ts';
import type { SegmentLog } from './segment-log.ts';

interface OpenAttempt {
  facts: AttemptFacts;
  segment: Segment;
  /** Closed already, but the disk did not take the record yet. */
  isClosing: boolean;
}

/** Attempts whose close is not on disk, and the segments that their open records keep alive. */
export class OpenAttempts {
  readonly #attempts = new SlotMap<string, OpenAttempt>();
  #closing = 0;

  /** Opened and not closed. */
  get count(): number {
    return this.#attempts.size - this.#closing;
  }

  has(id: string): boolean {
    return this.#attempts.has(id);
  }

  /** The open record of `facts` lies in `segment`, which counts it already when it comes from a replay. */
  add(facts: AttemptFacts, segment: Segment, isCounted = false): void {
    if (!isCounted) segment.openCount += 1;
    this.#attempts.set(facts.attemptId, { facts, segment, isClosing: false });
  }

  markClosing(id: string): void {
    const attempt = this.#attempts.get(id);
    if (!attempt || attempt.isClosing) return;
    attempt.isClosing = true;
    this.#closing += 1;
  }

  /** The close is safe: nothing holds the segment for this attempt any more. */
  release(id: string): void {
    const attempt = this.#attempts.delete(id);
    if (!attempt) return;
    attempt.segment.openCount -= 1;
    if (attempt.isClosing) this.#closing -= 1;
  }

  /** Writes the open records of `segment` again at the end of the log, so that it can be deleted after a flush. */
  carryForward(segment: Segment, log: SegmentLog): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.segment !== segment) continue;
      attempt.segment = log.appendOpen(attempt.facts);
      attempt.segment.openCount += 1;
      segment.openCount -= 1;
    }
  }
}
