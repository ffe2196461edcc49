import { describe, expect, it } from 'vitest';
import { type Effect, EVENTS, STATES } from './states.ts';
import { TRANSITIONS } from './transitions.ts';

const rows = STATES.flatMap((state) =>
  EVENTS.map((event) => ({ state, event, ...TRANSITIONS[state][event] })),
);
const isEnd = (effect: Effect): boolean => effect.startsWith('end-');
const writes = (effects: readonly Effect[]): boolean =>
  effects.includes('flush') || effects.includes('relay');

describe('every row of the table', () => {
  it('[SEL-5] retries only while nothing has gone out', () => {
    const retried = rows.filter(({ effects }) => effects.includes('end-retry')).map(({ state }) => state);
    expect(new Set(retried)).toEqual(
      new Set(['sending', 'resending', 'collecting-json', 'gathering', 'holding']),
    );
  });

  it('[SEL-5] every failure before content ends in a retry or a verdict', () => {
    const failures = rows.filter(
      ({ state, event }) =>
        ['sending', 'resending', 'collecting-error', 'collecting-json', 'gathering', 'holding'].includes(
          state,
        ) && ['fault', 'deadline', 'end'].includes(event),
    );
    const silent = failures.filter(({ to, effects }) => to !== 'closed' || !effects.some(isEnd));
    expect(silent).toEqual([]);
  });

  it('[SEL-5] whatever comes behind a gathered answer, but a second one, the answer stands', () => {
    const named = rows.filter(({ state, to }) => state === 'gathered' && to !== 'gathered');
    const others = named.filter(({ event }) => event !== 'bytes' && event !== 'client-left');
    expect(others.map(({ effects }) => effects.at(-1))).toEqual(others.map(() => 'end-json'));
    expect(others.map(({ event }) => event)).toEqual(expect.arrayContaining(['fault', 'deadline', 'end']));
  });

  it('[REQ-7] a client that leaves aborts the upstream in every state before the end', () => {
    const open = rows.filter(({ state, event }) => event === 'client-left' && state !== 'closed');
    expect(open.every(({ to, effects }) => to === 'closed' && effects.join() === 'abort,end-left')).toBe(
      true,
    );
  });

  it('[REQ-7] a deadline ends every state', () => {
    const open = rows.filter(({ state, event }) => event === 'deadline' && state !== 'closed');
    expect(open.every(({ to, effects }) => to === 'closed' && effects.includes('abort'))).toBe(true);
  });

  it('[MON-6] announces the end before it writes the bytes of the end', () => {
    const ends = rows.filter(({ effects }) => writes(effects) && effects.some(isEnd));
    expect(ends.length).toBeGreaterThan(0);
    expect(ends.every(({ effects }) => effects[0]?.startsWith('announce'))).toBe(true);
  });

  it('ends at most once in a row, last, and only when it closes', () => {
    const ending = rows.filter(({ effects }) => effects.some(isEnd));
    expect(ending.every(({ effects }) => effects.filter(isEnd).length === 1 && isEnd(effects.at(-1)!))).toBe(
      true,
    );
    expect(ending.every(({ to }) => to === 'closed')).toBe(true);
  });

  it('never leaves closed', () => {
    expect(EVENTS.every((event) => TRANSITIONS.closed[event].to === 'closed')).toBe(true);
    expect(EVENTS.every((event) => TRANSITIONS.closed[event].effects.length === 0)).toBe(true);
  });
});
