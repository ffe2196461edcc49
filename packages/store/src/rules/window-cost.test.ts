import { picoUsd } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapCostBand, selectCostWindow } from './window-cost.ts';

const HOUR_MS = 3_600_000;

describe('window cost', () => {
  it('[LIM-8] open below the limit, sticky sessions only up to the reserve, then closed', () => {
    const limits = { limit: '100', reserve: '10' };
    const bands = [99n, 100n, 110n, 111n].map((spent) => mapCostBand(picoUsd(spent), limits));
    expect(bands).toEqual(['open', 'sticky-only', 'sticky-only', 'closed']);
  });

  it('[LIM-8] five hours from the top of the hour, unless the upstream states another end', () => {
    const nowMs = 1_000 * HOUR_MS + 1_234;
    const own = { startMs: 1_000 * HOUR_MS, endMs: 1_005 * HOUR_MS };
    expect(selectCostWindow(nowMs, null)).toEqual(own);
    expect(selectCostWindow(nowMs, nowMs)).toEqual(own);
    expect(selectCostWindow(nowMs, nowMs + 5 * HOUR_MS + 60_001)).toEqual(own);
    expect(selectCostWindow(nowMs, nowMs + 5 * HOUR_MS + 2_000).startMs).toBe(nowMs + 2_000);
    expect(selectCostWindow(nowMs, nowMs + HOUR_MS)).toEqual({
      startMs: nowMs - 4 * HOUR_MS,
      endMs: nowMs + HOUR_MS,
    });
  });

  it('[LIM-8] the window always holds the present, give or take a minute of clocks', () => {
    const moment = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(moment, fc.option(moment), (nowMs, resetsAtMs) => {
        const { startMs, endMs } = selectCostWindow(nowMs, resetsAtMs);
        expect(startMs).toBeLessThanOrEqual(nowMs + 60_000);
        expect(endMs).toBeGreaterThan(nowMs);
        expect(endMs - startMs).toBe(5 * HOUR_MS);
      }),
    );
  });
});
