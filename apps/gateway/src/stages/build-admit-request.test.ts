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

  it('[LIM-10] asks for the flag only of users that have a quota', () => {
    expect(build({}).checksTokenQuota).toBe(false);
    expect(build({ user: { tokenLimit: 1 } }).checksTokenQuota).toBe(true);
  });
});
