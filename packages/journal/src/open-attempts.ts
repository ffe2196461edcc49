import { isSameAttempt, SlotMap, type AttemptFacts } from '@tollgate/core';
import type { Segment } from './segment-files.ts';
import type { SegmentLog } from './segment-log.ts';

export interface OpenAttempt {
  readonly facts: AttemptFacts;
  /** Its facts as they are written. */
  readonly text: string;
  /** Where its open record lies; null = it is not written yet. */
  segment: Segment | null;
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

  /** `segment` is where the open record lies that a replay has found: it is counted there already. */
  add(facts: AttemptFacts, text: string, segment: Segment | null = null): OpenAttempt {
    const attempt = { facts, text, segment, isClosing: false };
    this.#attempts.set(facts.attemptId, attempt);
    return attempt;
  }

  /** The open records of `attempts` are in `segment`. */
  place(attempts: readonly OpenAttempt[], segment: Segment): void {
    for (const attempt of attempts) attempt.segment = segment;
    segment.openCount += attempts.length;
  }

  /** The text of exactly these facts; undefined = they are not those of an open attempt. */
  findText(facts: AttemptFacts): string | undefined {
    const attempt = this.#attempts.get(facts.attemptId);
    return attempt !== undefined && isSameAttempt(attempt.facts, facts) ? attempt.text : undefined;
  }

  markClosing(id: string): void {
    const attempt = this.#attempts.get(id);
    if (!attempt || attempt.isClosing) return;
    attempt.isClosing = true;
    this.#closing += 1;
  }

  /** The close is safe, or the attempt was never written: nothing holds a segment for it any more. */
  release(id: string): void {
    const attempt = this.#attempts.delete(id);
    if (!attempt) return;
    if (attempt.segment !== null) attempt.segment.openCount -= 1;
    if (attempt.isClosing) this.#closing -= 1;
  }

  /** Writes the open records of `segment` again at the end of the log, so that it can be deleted after a flush. */
  carryForward(segment: Segment, log: SegmentLog): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.segment !== segment) continue;
      attempt.segment = log.appendOpens([attempt]);
      attempt.segment.openCount += 1;
      segment.openCount -= 1;
    }
  }
}
