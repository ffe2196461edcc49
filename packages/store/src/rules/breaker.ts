import { BREAKER_WINDOW_MS, BUCKET_MS } from './account-timings.ts';

/** Outcomes of ten seconds, from its first outcome on. */
export interface Bucket {
  startMs: number;
  successes: number;
  failures: number;
}

export interface Outcomes {
  successes: number;
  failures: number;
}

/** Fewer failures never open the breaker: one bad minute of a quiet account proves nothing. */
const FAILURES_MIN = 5;

/** Adds outcomes to the present bucket, or to a new one when that has ended; drops what has left the window. */
export function addOutcomes(buckets: readonly Bucket[], added: Outcomes, nowMs: number): Bucket[] {
  const live = buckets.filter(({ startMs }) => startMs > nowMs - BREAKER_WINDOW_MS);
  const last = live.at(-1);
  if (!last || last.startMs <= nowMs - BUCKET_MS) return [...live, { startMs: nowMs, ...added }];
  return [
    ...live.slice(0, -1),
    {
      startMs: last.startMs,
      successes: last.successes + added.successes,
      failures: last.failures + added.failures,
    },
  ];
}

/**
 * Counts a success in place where that is all that an outcome changes: the last bucket is the present one, and none has
 * left the window. False = it was not counted. A copy of all buckets for each answered request is what this saves.
 */
export function countSuccess(buckets: readonly Bucket[], nowMs: number): boolean {
  const first = buckets[0];
  const last = buckets[buckets.length - 1];
  if (first === undefined || last === undefined) return false;
  if (first.startMs <= nowMs - BREAKER_WINDOW_MS || last.startMs <= nowMs - BUCKET_MS) return false;
  last.successes += 1;
  return true;
}

/** At least five failures, and at least half of all. */
export function isBreakerDue(buckets: readonly Bucket[]): boolean {
  let successes = 0;
  let failures = 0;
  for (const bucket of buckets) {
    successes += bucket.successes;
    failures += bucket.failures;
  }
  return failures >= FAILURES_MIN && failures >= successes;
}
