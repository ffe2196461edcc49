import { picoUsd, type GroupSnapshot, type KeySnapshot, type SubscriptionId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildGroup, buildKey, GROUP_ID } from '../testing/build-snapshots.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { listPurses } from './list-purses.ts';
import { checkSubscription } from './select-subscription.ts';

const SUBSCRIPTION = {
  id: 'sub_1' as SubscriptionId,
  startsAtMs: START_MS,
  expiresAtMs: START_MS + 1_000,
  status: 'active' as const,
};

function build(group: Partial<GroupSnapshot>, key: Partial<KeySnapshot['key']> = {}, subscriptions = {}) {
  const snapshot = buildGroup(group);
  return { key: buildKey({ key, groups: [snapshot], subscriptions }), group: snapshot };
}

const list = (...parts: Parameters<typeof build>) => {
  const { key, group } = build(...parts);
  return listPurses(key, group).map(({ purse, limit }) => [
    purse.kind,
    purse.kind === 'balance' ? null : purse.window,
    limit,
  ]);
};

describe('list-purses', () => {
  it('[MON-4] a standard group pays from the balance', () => {
    expect(list({})).toEqual([['balance', null, null]]);
  });

  it('[MON-3] a free group pays from nothing', () => {
    expect(list({ rateMultiplier: '0.000' })).toEqual([]);
  });

  it('[LIM-9] a key’s quota and windows count in both, as far as they have a limit', () => {
    const key = { quota: '9', limit5h: '1', limit1d: null, limit7d: '3' };
    const own = [
      ['key', 'total', 9n],
      ['key', '5h', 1n],
      ['key', '7d', 3n],
    ];
    expect(list({}, key)).toEqual([['balance', null, null], ...own]);
    expect(list({ type: 'subscription' }, key, { [GROUP_ID]: SUBSCRIPTION })).toEqual(own);
    expect(list({ rateMultiplier: '0' }, { limit1d: '0' })).toEqual([['key', '1d', 0n]]);
  });

  it('[MON-9] a subscription group pays from the windows that have a limit, and from no balance', () => {
    const group = { type: 'subscription', limitDay: '1', limitWeek: null, limitMonth: '30' } as const;
    expect(list(group, {}, { [GROUP_ID]: SUBSCRIPTION })).toEqual([
      ['subscription', 'day', 1n],
      ['subscription', 'month', 30n],
    ]);
  });

  it('a limit beyond 64 bits is as good as none, and no fault', () => {
    expect(list({}, { quota: (10n ** 30n).toString() })).toEqual([
      ['balance', null, null],
      ['key', 'total', 2n ** 62n],
    ]);
  });

  it('is worked out once for a key and group, and anew for another', () => {
    const { key, group } = build({}, { quota: '5' });
    const first = listPurses(key, group);
    expect(listPurses(key, group)).toBe(first);
    expect(listPurses(key, buildGroup({ rateMultiplier: '0' }))).toEqual([
      expect.objectContaining({ limit: picoUsd(5n) }),
    ]);
  });
});

describe('check-subscription', () => {
  const check = (subscription: object | null, nowMs = START_MS) => {
    const subscriptions = subscription === null ? {} : { [GROUP_ID]: { ...SUBSCRIPTION, ...subscription } };
    const { key, group } = build({ type: 'subscription' }, {}, subscriptions);
    const refusal = checkSubscription(key, group, nowMs);
    return refusal && [refusal.status, refusal.type, refusal.code, refusal.message];
  };
  const inactive = (problem: string) => [
    403,
    'billing_error',
    'subscription_inactive',
    `The subscription ${problem}.`,
  ];

  it.each([
    ['in force', {}, 0, null],
    ['at its last moment', {}, 999, null],
    ['before it begins', {}, -1, inactive('has not begun')],
    ['at its expiry', {}, 1_000, inactive('has expired')],
    ['suspended', { status: 'suspended' }, 0, inactive('is suspended')],
    ['suspended and expired', { status: 'suspended' }, 1_000, inactive('has expired')],
  ])('[MON-9] %s, by the clock alone', (_, subscription, afterMs, expected) => {
    expect(check(subscription, START_MS + afterMs)).toEqual(expected);
  });

  it('[MON-9] none', () => {
    expect(check(null)?.[2]).toBe('no_subscription');
  });

  it('a group named like a part of Object has none', () => {
    const group = buildGroup({ id: 'constructor' as typeof GROUP_ID, type: 'subscription' });
    expect(checkSubscription(buildKey(), group, START_MS)?.code).toBe('no_subscription');
  });

  it('[MON-9] a standard group needs none', () => {
    expect(checkSubscription(buildKey(), buildGroup(), START_MS)).toBeNull();
  });
});
