import type { Answer } from './closed-loop.ts';

const MINUTE_MS = 60_000;

export interface WindowVerdict {
  /** Start of the clock minute, ms since 1970. */
  startMs: number;
  admitted: number;
  refused: number;
  /** Admitted beyond the limit. */
  overshoot: number;
  /** Refused although the window had room. */
  wronglyRefused: number;
  /** Ended by 503 because the store was too slow: they may have been counted, or not. */
  unknown: number;
}

/**
 * Judges answers of one user with one RPM limit, by the clock minute that each request was counted in.
 *
 * A count only rises within its minute. So a refusal was wrong when the minute ended below its limit, and when a
 * request that was sent after the refusal had arrived still got in. Answers that are neither 200, nor a refusal by
 * the window, nor the store's, are not for this judge.
 */
export function judgeWindows(answers: readonly Answer[], limit: number): WindowVerdict[] {
  const windows = Map.groupBy(answers.filter(isOfWindow), findWindowStart);
  return [...windows]
    .map(([startMs, inWindow]) => judgeWindow(startMs, inWindow, limit))
    .toSorted((a, b) => a.startMs - b.startMs);
}

/** A 429 for other reasons (slots, a full queue, a busy pool) says so in other words. */
export function isWindowRefusal({ status, message }: Answer): boolean {
  return status === 429 && message.includes('requests a minute is reached');
}

/** The store did not answer within its 250 ms, as on a machine that is too busy (LIM-11). */
export function isStoreTooSlow({ status, message }: Answer): boolean {
  return status === 503 && message.includes('service is temporarily unavailable');
}

function isOfWindow(answer: Answer): boolean {
  return answer.status === 200 || isWindowRefusal(answer) || isStoreTooSlow(answer);
}

/**
 * The store's clock is this machine's. A request that was under way when the minute turned tells by the rest of
 * its window which one counted it.
 */
function findWindowStart({ sentAtMs, receivedAtMs, windowRestS }: Answer): number {
  const first = sentAtMs - (sentAtMs % MINUTE_MS);
  const last = receivedAtMs - (receivedAtMs % MINUTE_MS);
  if (first === last) return first;
  const isOfFirst = windowRestS !== null && windowRestS * 1_000 < MINUTE_MS / 2;
  return isOfFirst ? first : last;
}

function judgeWindow(startMs: number, answers: readonly Answer[], limit: number): WindowVerdict {
  const refusals = answers.filter(isWindowRefusal);
  const admissions = answers.filter(({ status }) => status === 200);
  const lastSentAtMs = admissions.reduce((last, { sentAtMs }) => Math.max(last, sentAtMs), -Infinity);
  const unknown = answers.filter(isStoreTooSlow).length;
  const isBelow = admissions.length + unknown < limit;
  const wrong = refusals.filter(({ receivedAtMs }) => isBelow || receivedAtMs < lastSentAtMs);
  return {
    startMs,
    admitted: admissions.length,
    refused: refusals.length,
    overshoot: Math.max(0, admissions.length - limit),
    wronglyRefused: wrong.length,
    unknown,
  };
}
