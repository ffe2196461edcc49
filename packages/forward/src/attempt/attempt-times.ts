import type { AttemptTimings } from './attempt-end.ts';

/** The moments of one attempt, all in monotonic ms. */
export interface AttemptTimes extends AttemptTimings {
  readonly totalDeadlineAtMs: number;
  readonly lingerMs: number;
  /** As seen at the last tick: no clock is read per chunk. */
  lastReadAtMs: number;
  /** When the end of the message came, or its error; meaningful in the states `ending`, `gathered` and `failing`. */
  completedAtMs: number;
  /** How long this process has stood still meanwhile: no deadline counts that. */
  standstillMs: number;
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
    standstillMs: 0,
  };
}

/** A process that stood still for `ms` has heard nobody: what was said is still on its way. */
export function skipTime(times: AttemptTimes, ms: number): void {
  times.standstillMs += ms;
  times.lastReadAtMs += ms;
  times.completedAtMs += ms;
}
