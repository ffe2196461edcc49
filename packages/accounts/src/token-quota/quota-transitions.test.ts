import { describe, expect, it } from 'vitest';
import { advanceQuota, QUOTA_START } from './advance-quota.ts';
import { QUOTA_PERIOD_MS, QUOTA_SNAPSHOT_MS, type QuotaFigures } from './quota-figures.ts';
import {
  QUOTA_EVENTS,
  QUOTA_STATES,
  type QuotaEvent,
  type QuotaInput,
  type QuotaState,
  type QuotaStateName,
} from './quota-states.ts';
import { QUOTA_TRANSITIONS } from './quota-transitions.ts';

const NOW_MS = Date.UTC(2026, 10, 21);
const WITHIN: QuotaFigures = { tokenLimit: 1000, tokenUsage: 1000, lastResetAtMs: NOW_MS - 86_400_000 };
const OVER: QuotaFigures = { ...WITHIN, tokenUsage: 1001 };
const DUE: QuotaFigures = { ...WITHIN, lastResetAtMs: NOW_MS - QUOTA_PERIOD_MS };

/** For each column of the table: the figures in memory, how old they are, and an input that lands there. */
const COLUMNS: Record<QuotaEvent, { input: QuotaInput; ageMs?: number; isDue?: boolean }> = {
  'flag-found': { input: { kind: 'flag-found', lifeMs: 45_000 } },
  'asked-with-fresh-figures': { input: { kind: 'flag-absent' }, ageMs: QUOTA_SNAPSHOT_MS - 1 },
  'asked-with-stale-figures': { input: { kind: 'flag-absent' }, ageMs: QUOTA_SNAPSHOT_MS },
  'asked-after-period': { input: { kind: 'flag-absent' }, isDue: true },
  'store-fault': { input: { kind: 'store-fault' } },
  'row-within': { input: { kind: 'row', figures: WITHIN } },
  'row-over': { input: { kind: 'row', figures: OVER } },
  'row-due': { input: { kind: 'row', figures: DUE } },
  'row-unusable': { input: { kind: 'row', figures: null } },
  'database-fault': { input: { kind: 'database-fault' } },
  'reset-done': { input: { kind: 'reset-done' } },
  'reset-lost': { input: { kind: 'reset-lost' } },
  'limit-raised': { input: { kind: 'limit-raised' } },
  'reset-by-hand': { input: { kind: 'reset-by-hand' } },
  'settled-within': { input: { kind: 'settled', tokens: 0 } },
  'settled-over': { input: { kind: 'settled', tokens: 1 } },
};

function buildStateNamed(
  name: QuotaStateName,
  { ageMs = 0, isDue = false }: { ageMs?: number; isDue?: boolean },
): QuotaState {
  if (name !== 'within' && name !== 'over') return { name };
  const figures = {
    ...(name === 'within' ? WITHIN : OVER),
    ...(isDue ? { lastResetAtMs: DUE.lastResetAtMs } : {}),
  };
  return { name, figures, readAtMs: NOW_MS - ageMs };
}

/** Cells that no input can lead to: these states have no figures, or figures that are over already. */
function isReachable(name: QuotaStateName, event: QuotaEvent): boolean {
  const hasFigures = name === 'within' || name === 'over';
  if (event === 'asked-with-fresh-figures' || event === 'asked-after-period' || event === 'settled-over')
    return hasFigures;
  return !(name === 'over' && event === 'settled-within');
}

const CELLS = QUOTA_STATES.flatMap((from) =>
  QUOTA_EVENTS.filter((on) => isReachable(from, on)).map((on) => ({ from, on })),
);

describe('[LIM-10] the table of the token quota guard', () => {
  it('has one row a cell, and every row can be reached', () => {
    const names = QUOTA_TRANSITIONS.map(({ from, on }) => `${from} ${on}`);
    expect(new Set(names).size).toBe(names.length);
    expect(QUOTA_TRANSITIONS.filter(({ from, on }) => !isReachable(from, on))).toEqual([]);
  });

  it.each(CELLS)('$from × $on', ({ from, on }) => {
    const { input, ...age } = COLUMNS[on];
    const before = buildStateNamed(from, age);
    const { state, effects } = advanceQuota(before, input, NOW_MS);
    const row = QUOTA_TRANSITIONS.find((one) => one.from === from && one.on === on);
    expect(effects.map((effect) => effect.do)).toEqual(row?.effects ?? []);
    if (row === undefined) expect(state).toBe(before);
    else expect(state.name).toBe(row.to);
  });

  it('refusals and flags carry the time until the next reset', () => {
    const waitMs = QUOTA_PERIOD_MS - 86_400_000;
    const { effects } = advanceQuota({ name: 'reading' }, { kind: 'row', figures: OVER }, NOW_MS);
    expect(effects).toEqual([
      { do: 'write-flag', lifeMs: waitMs },
      { do: 'refuse', retryAfterMs: waitMs },
    ]);
  });

  it('a flag that lasts a moment longer is written for 30 s', () => {
    const figures = { ...OVER, lastResetAtMs: NOW_MS - QUOTA_PERIOD_MS + 5 };
    const { effects } = advanceQuota({ name: 'reading' }, { kind: 'row', figures }, NOW_MS);
    expect(effects[0]).toEqual({ do: 'write-flag', lifeMs: 30_000 });
  });

  it.each([
    [45_000, 45_000],
    [0.2, 1],
    [-5, 1],
    [NaN, 30_000],
    [1e18, QUOTA_PERIOD_MS],
  ])('a flag found with %d ms of life left refuses for %d ms', (lifeMs, retryAfterMs) => {
    const { effects } = advanceQuota(QUOTA_START, { kind: 'flag-found', lifeMs }, NOW_MS);
    expect(effects).toEqual([{ do: 'refuse-asker', retryAfterMs }]);
  });

  it('settlement adds to usage, and to the age of nothing', () => {
    const figures = { ...WITHIN, tokenUsage: 990 };
    const before: QuotaState = { name: 'within', figures, readAtMs: NOW_MS - 30_000 };
    const first = advanceQuota(before, { kind: 'settled', tokens: 10 }, NOW_MS).state;
    expect(first).toEqual({
      name: 'within',
      figures: { ...figures, tokenUsage: 1000 },
      readAtMs: NOW_MS - 30_000,
    });
    expect(advanceQuota(first, { kind: 'settled', tokens: 1 }, NOW_MS).state.name).toBe('over');
    for (const tokens of [NaN, -5, 0]) {
      expect(advanceQuota(before, { kind: 'settled', tokens }, NOW_MS).state).toEqual(before);
    }
  });

  it('figures from a clock that went back are stale', () => {
    const before = buildStateNamed('within', { ageMs: -1 });
    expect(advanceQuota(before, { kind: 'flag-absent' }, NOW_MS).state.name).toBe('reading');
  });

  it('an infinite row of the database is no statement', () => {
    const figures = { ...WITHIN, tokenUsage: Infinity };
    expect(advanceQuota({ name: 'reading' }, { kind: 'row', figures }, NOW_MS).effects).toEqual([
      { do: 'refuse-unknown' },
    ]);
  });
});
