import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planNextRefresh, planRefreshRetry, REFRESH_AHEAD_MS } from './plan-refresh.ts';

const MINUTE_MS = 60_000;

describe('planNextRefresh', () => {
  it.each([
    [8 * 60 * MINUTE_MS, 8 * 60 * MINUTE_MS - REFRESH_AHEAD_MS],
    [20 * MINUTE_MS, 10 * MINUTE_MS],
    [0, 30_000],
    [-MINUTE_MS, 30_000],
    [Number.MAX_SAFE_INTEGER, 30 * 86_400_000],
    [null, null],
  ])('[ACC-6] a token of %s ms is refreshed after %s ms', (expiresInMs, delayMs) => {
    expect(planNextRefresh(expiresInMs)).toBe(delayMs);
  });

  it('[ACC-6] is ahead of the end of every token that lives a minute or more', () => {
    fc.assert(
      fc.property(fc.integer({ min: MINUTE_MS, max: 30 * 86_400_000 }), (expiresInMs) => {
        expect(planNextRefresh(expiresInMs)).toBeLessThan(expiresInMs);
      }),
    );
  });
});

describe('planRefreshRetry', () => {
  it('[ACC-6] backs off, is an error at the third failure, and ends: never a loop', () => {
    const plans = Array.from({ length: 20 }, (_, index) => planRefreshRetry(index + 1));
    expect(plans.map(({ isError }) => isError).indexOf(true)).toBe(2);
    const waits = plans.map(({ retryInMs }) => retryInMs).filter((wait) => wait !== null);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits).toHaveLength(13);
    expect(plans.at(-1)).toEqual({ retryInMs: null, isError: true });
  });

  it('[ACC-6] three tries fit into the time ahead', () => {
    const [first, second] = [planRefreshRetry(1).retryInMs ?? 0, planRefreshRetry(2).retryInMs ?? 0];
    expect(first + second).toBeLessThan(REFRESH_AHEAD_MS);
  });

  it('waits as long as the endpoint asks, within an hour, and never less than its own back-off', () => {
    expect(planRefreshRetry(1, 120_000).retryInMs).toBe(120_000);
    expect(planRefreshRetry(1, 1).retryInMs).toBe(60_000);
    expect(planRefreshRetry(1, 1e12).retryInMs).toBe(3_600_000);
  });
});
