import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findQuotaWaitMs,
  hasUsableFigures,
  isOverQuota,
  isResetDue,
  QUOTA_FLAG_MS_MIN,
  QUOTA_PERIOD_MS,
} from './quota-figures.ts';

const NOW_MS = Date.UTC(2026, 10, 21);
const of = (tokenUsage: number, lastResetAtMs: number | null = NOW_MS, tokenLimit = 1000) => ({
  tokenLimit,
  tokenUsage,
  lastResetAtMs,
});

describe('[LIM-10] quota figures', () => {
  it.each([
    [999, false],
    [1000, false],
    [1001, true],
  ])('usage of %d of 1000: over is %s', (usage, isOver) => expect(isOverQuota(of(usage))).toBe(isOver));

  it('a limit of 0 is none', () => {
    expect(isOverQuota(of(9e15, NOW_MS, 0))).toBe(false);
    expect(isResetDue(of(9e15, null, 0), NOW_MS)).toBe(false);
  });

  it.each([
    ['never reset', null, true],
    ['a ms before seven days', NOW_MS - QUOTA_PERIOD_MS + 1, false],
    ['at seven days', NOW_MS - QUOTA_PERIOD_MS, true],
    ['reset in the future, by another clock', NOW_MS + 5000, false],
  ])('%s: due is %3$s', (_, lastResetAtMs, isDue) =>
    expect(isResetDue(of(0, lastResetAtMs), NOW_MS)).toBe(isDue),
  );

  it.each([of(-1), of(NaN), of(Infinity), of(0, NaN), of(0, -1), of(0, null, -1), of(0, null, NaN)])(
    'cannot use %j',
    (figures) => expect(hasUsableFigures(figures)).toBe(false),
  );

  it('the wait is until the next reset, at least 30 s, at most a period, and then the reset is due', () => {
    const lastReset = fc.integer({ min: NOW_MS - 2 * QUOTA_PERIOD_MS, max: NOW_MS + QUOTA_PERIOD_MS });
    fc.assert(
      fc.property(lastReset, (lastResetAtMs) => {
        const waitMs = findQuotaWaitMs(of(2000, lastResetAtMs), NOW_MS);
        expect(waitMs).toBeGreaterThanOrEqual(QUOTA_FLAG_MS_MIN);
        expect(waitMs).toBeLessThanOrEqual(QUOTA_PERIOD_MS);
        if (lastResetAtMs <= NOW_MS) expect(isResetDue(of(2000, lastResetAtMs), NOW_MS + waitMs)).toBe(true);
      }),
    );
  });
});
