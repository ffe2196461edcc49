import type { UpstreamWindow } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START_MS } from '../testing/manual-clock.ts';
import { selectCostWindow } from './seed-window-costs.ts';

const HOUR_MS = 3_600_000;
const window = (name: UpstreamWindow['name'], resetsAtMs: number | null): UpstreamWindow => ({
  name,
  resetsAtMs,
  utilization: null,
  status: null,
  windowMinutes: null,
});

describe('select-cost-window', () => {
  it.each<[string, UpstreamWindow[], number]>([
    ['nothing stated', [], 0],
    ['as the upstream states', [window('5h', START_MS + 2 * HOUR_MS)], -3 * HOUR_MS],
    ['another window', [window('7d', START_MS + 2 * HOUR_MS)], 0],
    ['no moment', [window('5h', null)], 0],
    ['over', [window('5h', START_MS)], 0],
    ['a window of the future, in which nothing was spent', [window('5h', START_MS + 9 * HOUR_MS)], 0],
    ['a clock that is a little ahead', [window('5h', START_MS + 5 * HOUR_MS + 2_000)], 2_000],
  ])('[LIM-8] %s', (_, windows, from) => {
    const startMs = START_MS + from;
    expect(selectCostWindow(windows, START_MS)).toEqual({ startMs, endMs: startMs + 5 * HOUR_MS });
  });

  it('[LIM-8] always five hours around now, give or take a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * HOUR_MS }), fc.integer(), (nowMs, resetsInMs) => {
        const { startMs, endMs } = selectCostWindow([window('5h', nowMs + resetsInMs)], nowMs);
        expect(endMs - startMs).toBe(5 * HOUR_MS);
        expect(startMs).toBeLessThanOrEqual(nowMs + 60_000);
        expect(endMs).toBeGreaterThan(nowMs);
      }),
    );
  });
});
