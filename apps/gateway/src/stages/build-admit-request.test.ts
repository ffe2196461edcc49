import type { GroupId, GroupSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildGroup, buildKey, GROUP_ID } from '../testing/build-snapshots.ts';
import { buildAdmitRequest, readGroupRpm } from './build-admit-request.ts';

type KeyChanges = Parameters<typeof buildKey>[0];

const build = (changes: KeyChanges, slots = true, fields: object = {}) =>
  buildAdmitRequest(buildParsedContext(fields, buildKey(changes)).context, {
    slots,
    shape: 'sliding',
    money: null,
    onPursesUnknown: async () => {},
  });

describe('build-admit-request', () => {
  it.each([
    ['none', {}, 6],
    ['0: free of it', { [GROUP_ID]: 0 }, 0],
    ['its own', { [GROUP_ID]: 9 }, 9],
    ['of another group', { grp_9: 1 }, 6],
    ['a name of Object’s own', { constructor: 1 }, 6],
  ])('[LIM-1] the user’s override in the group: %s', (_, rpmOverrides, limit) => {
    const group = buildGroup({ rpm: 6 });
    expect(readGroupRpm(buildKey({ rpmOverrides, groups: [group] }), group)).toBe(limit);
    const windows = build({ rpmOverrides, groups: [group] }).windows.map((window) => window.limit);
    expect(windows).toEqual(limit === 0 ? [] : [limit]);
  });

  it('[LIM-2] tokens of user, group and key, at the estimate', () => {
    const { windows } = build({ user: { tpm: 9 }, key: { tpm: 7 }, groups: [buildGroup({ tpm: 8 })] });
    expect(windows.map(({ unit, limit, subject, shape }) => [unit, limit, subject.kind, shape])).toEqual([
      ['tokens', 9, 'user', 'sliding'],
      ['tokens', 8, 'user-group', 'sliding'],
      ['tokens', 7, 'key', 'sliding'],
    ]);
    const [first] = windows;
    expect(windows.every(({ cost }) => cost === first?.cost)).toBe(true);
    // What may be answered counts as well.
    const [larger] = build({ user: { tpm: 9 } }, true, { max_tokens: 1_016 }).windows;
    expect((larger?.cost ?? 0) - (first?.cost ?? 0)).toBe(1_000);
  });

  it('[API-5] count_tokens counts requests, and no tokens, slots or places', () => {
    const request = build({ user: { tpm: 9, rpm: 5, concurrency: 1 } }, false);
    expect(request.windows.map(({ unit }) => unit)).toEqual(['requests']);
    expect([request.slots, request.queue]).toEqual([[], null]);
  });

  it.each([
    [0, null, 21],
    [-1, null, 21],
    [5, null, 25],
    [5, 0, 0],
    [5, 3, 3],
  ])('[LIM-5] of a concurrency of %i and a length of %j, %i may wait', (concurrency, queueMax, max) => {
    expect(build({ user: { concurrency, queueMax } }).queue?.max).toBe(max);
  });

  it('[LIM-1] one key in two groups has the limits of each, and of each shape of window', () => {
    const key = buildKey({ user: { rpm: 3, concurrency: 2 } });
    const groups = [buildGroup({ rpm: 6 }), buildGroup({ id: 'grp_2' as GroupId, rpm: 7 })];
    const ask = (group: GroupSnapshot | undefined, shape: 'fixed' | 'sliding') => {
      const { context } = buildParsedContext({}, key);
      context.group = group ?? null;
      return buildAdmitRequest(context, { slots: true, shape, money: null, onPursesUnknown: async () => {} });
    };
    const list = (group: GroupSnapshot | undefined, shape: 'fixed' | 'sliding') =>
      ask(group, shape).windows.map((window) => [window.limit, window.shape]);
    for (let round = 0; round < 2; round += 1) {
      expect(list(groups[0], 'fixed')).toEqual([
        [3, 'fixed'],
        [6, 'fixed'],
      ]);
      expect(list(groups[1], 'fixed')).toEqual([
        [3, 'fixed'],
        [7, 'fixed'],
      ]);
      expect(list(groups[1], 'sliding')).toEqual([
        [3, 'sliding'],
        [7, 'sliding'],
      ]);
    }
    // What is shared between requests can be changed by none of them.
    expect(Object.isFrozen(ask(groups[0], 'fixed').windows)).toBe(true);
    expect(Object.isFrozen(ask(groups[0], 'fixed').slots)).toBe(true);
  });

  it('[LIM-2] each request counts its own tokens, though the windows are listed once for the key', () => {
    const key = buildKey({ user: { tpm: 9_000 } });
    const cost = (maxTokens: number) => {
      const { context } = buildParsedContext({ max_tokens: maxTokens }, key);
      const options = { slots: true, shape: 'fixed', money: null, onPursesUnknown: async () => {} } as const;
      return buildAdmitRequest(context, options).windows[0]?.cost ?? 0;
    };
    const [first, second, third] = [cost(16), cost(1_016), cost(16)];
    expect([second - first, third]).toEqual([1_000, first]);
  });

  it('[LIM-10] asks for the flag only of users that have a quota', () => {
    expect(build({}).checksTokenQuota).toBe(false);
    expect(build({ user: { tokenLimit: 1 } }).checksTokenQuota).toBe(true);
  });
});
