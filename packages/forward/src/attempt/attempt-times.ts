import type { AttemptTimings } from './attempt-end.ts';

/** The moments of one attempt, all in monotonic ms. */
export interface AttemptTimes {
  readonly startedAtMs: number;
  readonly totalDeadlineAtMs: number;
  readonly lingerMs: number;
  headersAtMs: number | null;
  firstContentAtMs: number | null;
  /** As seen at the last tick: no clock is read per chunk. */
  lastReadAtMs: number;
  /** When the end of the message came, or its error; meaningful in the states `ending`, `gathered` and `failing`. */
  completedAtMs: number;
  /** Meaningful once the attempt has ended. */
  endedAtMs: number;
}

export function startTimes(nowMs: number, totalDeadlineAtMs: number, lingerMs: number): AttemptTimes {
  return {
    startedAtMs: nowMs,
    totalDeadlineAtMs,
    lingerMs,
    headersAtMs: null,
    firstContentAtMs: null,
    lastReadAtMs: nowMs,
    completedAtMs: nowMs,
    endedAtMs: nowMs,
  };
}

export function buildTimings(times: AttemptTimes): AttemptTimings {
  const { startedAtMs, headersAtMs, firstContentAtMs, endedAtMs } = times;
  return { startedAtMs, headersAtMs, firstContentAtMs, endedAtMs };
}
