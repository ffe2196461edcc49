import { describe, expect, it } from 'vitest';
import { stepRule, type Reading, type RuleMemory, type RuleTerms } from './step-rule.ts';

const MINUTE_MS = 60_000;
const NOW_MS = 1_000 * MINUTE_MS;
const TERMS: RuleTerms = {
  isEnabled: true,
  comparison: 'above',
  threshold: 10n,
  forMs: 0,
  coolDownMs: 60 * MINUTE_MS,
  isEdited: false,
  hasChannel: true,
};
const FRESH: RuleMemory = {
  state: 'ok',
  sinceMs: NOW_MS - 90 * MINUTE_MS,
  lastLookAtMs: NOW_MS - MINUTE_MS,
  lastToldAtMs: null,
  event: null,
};
const EVENT = { isTold: true, isSilenced: false, isOfTerms: true };
const FIRING: RuleMemory = { ...FRESH, state: 'firing', event: EVENT };
const of = (value: bigint): Reading => ({ kind: 'value', value });

function look(
  memory: Partial<RuleMemory>,
  reading: Reading,
  terms: Partial<RuleTerms> = {},
  { isSilenced = false, nowMs = NOW_MS } = {},
) {
  const surroundings = { nowMs, isSilenced, gapMsMax: 3 * MINUTE_MS };
  const step = stepRule({ ...TERMS, ...terms }, { ...FRESH, ...memory }, reading, surroundings);
  return {
    state: step.memory.state,
    forMs: nowMs - step.memory.sinceMs,
    lastToldAtMs: step.memory.lastToldAtMs,
    changes: step.changes,
  };
}

describe('step-rule', () => {
  it('[OPS-5] fires when the figure is strictly beyond the threshold, and resolves when it is not', () => {
    expect(look({}, of(10n))).toMatchObject({ state: 'ok', changes: [] });
    expect(look({}, of(11n))).toEqual({
      state: 'firing',
      forMs: 0,
      lastToldAtMs: NOW_MS,
      changes: [{ kind: 'fire', value: 11n, isTold: true, isSilenced: false }],
    });
    expect(look(FIRING, of(11n))).toMatchObject({ state: 'firing', changes: [] });
    expect(look(FIRING, of(10n))).toMatchObject({
      state: 'ok',
      forMs: 0,
      changes: [{ kind: 'resolve', value: 10n, why: 'over', isTold: true }],
    });
  });

  it.each([
    [0n, 'firing'],
    [9n, 'firing'],
    [10n, 'ok'],
    [11n, 'ok'],
  ])('[OPS-5] below 10: %s is %s', (value, state) => {
    expect(look({}, of(value), { comparison: 'below' }).state).toBe(state);
  });

  it('[OPS-5] waits for the for-duration, and begins anew when the figure was back in between', () => {
    const terms = { forMs: 5 * MINUTE_MS };
    expect(look({}, of(11n), terms)).toMatchObject({ state: 'pending', forMs: 0, changes: [] });
    const pending = { state: 'pending', sinceMs: NOW_MS - 5 * MINUTE_MS } as const;
    expect(look({ ...pending, sinceMs: pending.sinceMs + 1 }, of(11n), terms).state).toBe('pending');
    expect(look(pending, of(11n), terms).changes).toMatchObject([{ kind: 'fire' }]);
    expect(look(pending, of(10n), terms)).toMatchObject({ state: 'ok', forMs: 0, changes: [] });
  });

  it.each([
    ['nobody looked for long', { lastLookAtMs: NOW_MS - 4 * MINUTE_MS }, {}],
    ['nobody has ever looked', { lastLookAtMs: null }, {}],
    ['the rule was edited', {}, { isEdited: true }],
  ])('[OPS-5] a pending rule begins anew when %s', (_name, memory, terms) => {
    const pending = { state: 'pending', sinceMs: NOW_MS - 50 * MINUTE_MS, ...memory } as const;
    expect(look(pending, of(11n), { forMs: 5 * MINUTE_MS, ...terms })).toMatchObject({
      state: 'pending',
      forMs: 0,
      changes: [],
    });
  });

  it('[OPS-5] a look that fails changes nothing, not even a rule that fires', () => {
    const fault: Reading = { kind: 'fault', text: 'too slow' };
    const pending = { state: 'pending', sinceMs: NOW_MS - 50 * MINUTE_MS } as const;
    for (const memory of [{}, pending, FIRING]) {
      const { sinceMs, state } = { ...FRESH, ...memory };
      expect(look(memory, fault)).toMatchObject({ state, forMs: NOW_MS - sinceMs, changes: [] });
    }
  });

  it.each(['above', 'below'] as const)('[OPS-5] no figure is no alarm, and ends one: %s', (comparison) => {
    expect(look({}, { kind: 'no-data' }, { comparison })).toMatchObject({ state: 'ok', changes: [] });
    expect(look(FIRING, { kind: 'no-data' }, { comparison }).changes).toEqual([
      { kind: 'resolve', value: null, why: 'no-data', isTold: true },
    ]);
  });

  it('[OPS-5] within the cool-down it fires untold, and is told when that is over if it fires still', () => {
    const told = NOW_MS - 60 * MINUTE_MS;
    const early = { lastToldAtMs: told + 1 };
    expect(look(early, of(11n))).toMatchObject({
      lastToldAtMs: told + 1,
      changes: [{ kind: 'fire', isTold: false, isSilenced: false }],
    });
    const untold = { ...FIRING, event: { ...EVENT, isTold: false } };
    expect(look({ ...untold, ...early }, of(11n)).changes).toEqual([]);
    expect(look({ ...untold, lastToldAtMs: told }, of(11n))).toMatchObject({
      lastToldAtMs: NOW_MS,
      changes: [{ kind: 'tell' }],
    });
    expect(look({ ...untold, ...early }, of(1n)).changes).toMatchObject([{ kind: 'resolve', isTold: false }]);
  });

  it('[OPS-5] an event is told once, however long it fires', () => {
    const long = { ...FIRING, lastToldAtMs: NOW_MS - 1_000 * MINUTE_MS };
    expect(look(long, of(11n)).changes).toEqual([]);
  });

  it('[OPS-5] a silence records the event and tells nobody; when it is over, who fires still is told', () => {
    const quiet = { isSilenced: true };
    expect(look({}, of(11n), {}, quiet)).toMatchObject({
      lastToldAtMs: null,
      changes: [{ kind: 'fire', isTold: false, isSilenced: true }],
    });
    const untold = { ...FIRING, event: { ...EVENT, isTold: false, isSilenced: true } };
    expect(look(untold, of(11n), {}, quiet).changes).toEqual([]);
    expect(look(untold, of(11n)).changes).toEqual([{ kind: 'tell' }]);
    expect(look(untold, of(1n), {}, quiet).changes).toMatchObject([{ kind: 'resolve', isTold: false }]);
    expect(look(FIRING, of(1n), {}, quiet).changes).toMatchObject([{ kind: 'resolve', isTold: false }]);
  });

  it('[OPS-5] a silence that comes while the cool-down holds the event back is written down', () => {
    const untold = { ...FIRING, lastToldAtMs: NOW_MS - 1, event: { ...EVENT, isTold: false } };
    expect(look(untold, of(11n), {}, { isSilenced: true }).changes).toEqual([{ kind: 'hush' }]);
  });

  it('[OPS-5] without a channel it fires all the same; one that comes later is told', () => {
    expect(look({}, of(11n), { hasChannel: false })).toMatchObject({
      lastToldAtMs: null,
      changes: [{ kind: 'fire', isTold: false }],
    });
    const untold = { ...FIRING, event: { ...EVENT, isTold: false } };
    expect(look(untold, of(11n)).changes).toEqual([{ kind: 'tell' }]);
  });

  it.each([
    ['disabled', { isEnabled: false }, EVENT],
    ['edited', {}, { ...EVENT, isOfTerms: false }],
  ] as const)(
    '[OPS-5] a rule that is %s while it fires resolves, whatever the figure',
    (why, terms, event) => {
      for (const reading of [of(11n), { kind: 'fault', text: '' } as const]) {
        expect(look({ ...FIRING, event }, reading, terms)).toMatchObject({
          state: 'ok',
          changes: [{ kind: 'resolve', value: null, why, isTold: true }],
        });
      }
    },
  );

  it('[OPS-5] a clock that went back makes waits begin anew, and does not hold them for ever', () => {
    const ahead = NOW_MS + 9_999 * MINUTE_MS;
    const pending = { state: 'pending', sinceMs: ahead, lastLookAtMs: ahead } as const;
    expect(look(pending, of(11n), { forMs: MINUTE_MS })).toMatchObject({ state: 'pending', forMs: 0 });
    expect(look({ lastToldAtMs: ahead }, of(11n))).toMatchObject({
      lastToldAtMs: NOW_MS,
      changes: [{ kind: 'fire', isTold: false }],
    });
  });
});
