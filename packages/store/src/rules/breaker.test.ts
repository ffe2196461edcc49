import { describe, expect, it } from 'vitest';
import { addOutcomes, countSuccess, isBreakerDue, type Bucket } from './breaker.ts';

const bucket = (startMs: number, successes: number, failures: number): Bucket => ({
  startMs,
  successes,
  failures,
});

describe('the breaker', () => {
  it('[ACC-3] a bucket takes outcomes for ten seconds from its first', () => {
    const first = addOutcomes([], { successes: 1, failures: 0 }, 1_000);
    expect(addOutcomes(first, { successes: 0, failures: 2 }, 10_999)).toEqual([bucket(1_000, 1, 2)]);
    expect(addOutcomes(first, { successes: 0, failures: 2 }, 11_000)).toEqual([
      bucket(1_000, 1, 0),
      bucket(11_000, 0, 2),
    ]);
  });

  it('[ACC-3] a success is counted in place only where nothing else would change', () => {
    const success = { successes: 1, failures: 0 };
    for (const nowMs of [1_000, 10_999, 11_000, 20_999, 21_000, 60_999, 61_000, 71_000]) {
      for (const startsMs of [[], [1_000], [1_000, 11_000]]) {
        const buckets = startsMs.map((startMs) => bucket(startMs, 1, 2));
        const expected = addOutcomes(buckets, success, nowMs);
        const isCounted = countSuccess(buckets, nowMs);
        expect(isCounted ? buckets : addOutcomes(buckets, success, nowMs)).toEqual(expected);
        expect(isCounted).toBe(expected.length === buckets.length && expected[0]?.startMs === startsMs[0]);
      }
    }
  });

  it('[ACC-3] a bucket leaves the window a minute after it began', () => {
    const old = [bucket(0, 0, 9)];
    expect(addOutcomes(old, { successes: 1, failures: 0 }, 59_999)).toHaveLength(2);
    expect(addOutcomes(old, { successes: 1, failures: 0 }, 60_000)).toEqual([bucket(60_000, 1, 0)]);
  });

  it('[ACC-3] a clock that stepped back goes on in the last bucket', () => {
    expect(addOutcomes([bucket(5_000, 1, 1)], { successes: 0, failures: 1 }, 1_000)).toEqual([
      bucket(5_000, 1, 2),
    ]);
  });

  it.each([
    [0, 4, false],
    [0, 5, true],
    [5, 5, true],
    [6, 5, false],
    [99, 100, true],
  ])('[ACC-3] %i successes and %i failures: %s', (successes, failures, isDue) => {
    expect(isBreakerDue([bucket(0, successes, 0), bucket(1, 0, failures)])).toBe(isDue);
  });
});
