import { describe, expect, it } from 'vitest';
import type { AccountId } from '@tollgate/core';
import { buildAccount, buildGroup, buildPool, MODEL } from '../testing/build-snapshots.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { readEligibility } from './read-eligibility.ts';

const named = (id: string, parts = {}) => buildAccount({ id: id as AccountId, ...parts });
const ids = ({ eligible }: ReturnType<typeof readEligibility>) => eligible.map(({ account }) => account.id);

describe('read-eligibility', () => {
  it('[ACC-2] is sorted once for a pool, a group and a model', () => {
    const pool = buildPool([named('a'), named('b', { status: 'disabled' })]);
    const group = buildGroup();
    const one = readEligibility(pool, group, MODEL, START_MS);
    expect(readEligibility(pool, { ...group }, MODEL, START_MS + 60_000)).toBe(one);
    expect(ids(one)).toEqual(['a']);
    expect(one.exclusions).toEqual([{ accountId: 'b', reason: 'disabled' }]);
    expect(() => (one.eligible as unknown[]).pop()).toThrow(TypeError);
    expect(readEligibility(buildPool([named('a')]), group, MODEL, START_MS)).not.toBe(one);
  });

  it('[ACC-2] an account that expires is out at that very moment', () => {
    const pool = buildPool([named('a'), named('b', { expiresAtMs: START_MS + 10 })]);
    const at = (nowMs: number) => ids(readEligibility(pool, buildGroup(), MODEL, nowMs));
    expect([at(START_MS), at(START_MS + 9)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(at(START_MS + 10)).toEqual(['a']);
    // A wall clock may be set back.
    expect(at(START_MS)).toEqual(['a', 'b']);
  });

  it('[SEL-1] another routing, another platform, another model are answered apart', () => {
    const pool = buildPool([named('a'), named('b', { modelMapping: { other: 'x' } })]);
    const routing = [{ pattern: MODEL, accountIds: ['b' as AccountId] }];
    const read = (parts = {}, model = MODEL) => readEligibility(pool, buildGroup(parts), model, START_MS);
    expect([ids(read()), read().isRouted]).toEqual([['a'], false]);
    const routed = read({ modelRouting: routing });
    expect([ids(routed), routed.isRouted]).toEqual([[], true]);
    expect(ids(read({ platform: 'openai' }))).toEqual([]);
    expect(ids(read({}, 'other'))).toEqual(['a', 'b']);
  });

  it('any number of models that clients make up is bounded', () => {
    const pool = buildPool([named('a')]);
    for (let index = 0; index < 2_500; index += 1)
      expect(ids(readEligibility(pool, buildGroup(), `m${index}`, START_MS))).toEqual(['a']);
  });
});
