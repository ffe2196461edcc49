import type { GroupDeadlines } from '@tollgate/core';
import type { AttemptTimes } from './attempt-times.ts';
import type { State } from '../machine/states.ts';

export type DeadlineKind = 'first-byte' | 'first-content' | 'idle' | 'total' | 'linger';

/** Which deadlines hold in which state (REQ-7); the first that has passed, or null. */
export function selectExpiredDeadline(
  state: State,
  times: Readonly<AttemptTimes>,
  deadlines: GroupDeadlines,
  nowMs: number,
): DeadlineKind | null {
  const sinceStartMs = nowMs - times.startedAtMs - times.standstillMs;
  switch (state) {
    case 'closed':
      return null;
    case 'ending':
    case 'failing':
    case 'gathered':
      return nowMs - times.completedAtMs >= times.lingerMs ? 'linger' : null;
    case 'relaying':
      return selectRunning(false, true);
    case 'sending':
    case 'resending':
      return sinceStartMs >= deadlines.firstByteMs ? 'first-byte' : selectRunning(true, false);
    case 'collecting-json':
      return selectRunning(true, false);
    case 'gathering':
      return selectRunning(times.firstContentAtMs === null, true);
    case 'holding':
    case 'collecting-error':
      return selectRunning(true, true);
  }

  function selectRunning(isBeforeContent: boolean, isReading: boolean): DeadlineKind | null {
    if (nowMs - times.standstillMs >= times.totalDeadlineAtMs) return 'total';
    if (isBeforeContent && sinceStartMs >= deadlines.firstContentMs) return 'first-content';
    return isReading && nowMs - times.lastReadAtMs >= deadlines.idleMs ? 'idle' : null;
  }
}
