import {
  picoUsd,
  type GroupSnapshot,
  type KeySnapshot,
  type KeyWindow,
  type PicoUsdText,
  type SubscriptionWindow,
} from '@tollgate/core';
import type { PurseLimit, PurseName } from '@tollgate/store';
import { readMultiplier } from '../read-multiplier.ts';
import { findSubscription } from './select-subscription.ts';

/** Figures of the store are 64 bits wide; a limit beyond is never reached. */
const LIMIT_MAX = 2n ** 62n;
const lists = new WeakMap<KeySnapshot, { group: GroupSnapshot; purses: readonly PurseLimit[] }>();

/**
 * All that a request of the key in the group is paid from: the balance or the subscription's windows, and the key's
 * own limits (LIM-9). What has no limit is not asked for. Worked out once for as long as the snapshots live.
 */
export function listPurses(key: KeySnapshot, group: GroupSnapshot): readonly PurseLimit[] {
  const known = lists.get(key);
  if (known?.group === group) return known.purses;
  const purses = [...listPayers(key, group), ...listKeyPurses(key)];
  lists.set(key, { group, purses });
  return purses;
}

function listPayers(key: KeySnapshot, group: GroupSnapshot): PurseLimit[] {
  if (group.type === 'subscription') return listSubscriptionPurses(key, group);
  // Free of charge: an empty balance keeps nobody out.
  if (readMultiplier(group) === 0n) return [];
  return [{ purse: { kind: 'balance', userId: key.user.id }, limit: null }];
}

/** The windows of the user's subscription to the group that have a limit. */
export function listSubscriptionPurses(key: KeySnapshot, group: GroupSnapshot): PurseLimit[] {
  const subscription = findSubscription(key, group);
  if (subscription === null) return [];
  const name = (window: SubscriptionWindow): PurseName => ({
    kind: 'subscription',
    userId: key.user.id,
    subscriptionId: subscription.id,
    window,
  });
  return [
    ...limit(name('day'), group.limitDay),
    ...limit(name('week'), group.limitWeek),
    ...limit(name('month'), group.limitMonth),
  ];
}

function listKeyPurses({ user, key }: KeySnapshot): PurseLimit[] {
  const name = (window: KeyWindow): PurseName => ({ kind: 'key', userId: user.id, keyId: key.id, window });
  return [
    ...limit(name('total'), key.quota),
    ...limit(name('5h'), key.limit5h),
    ...limit(name('1d'), key.limit1d),
    ...limit(name('7d'), key.limit7d),
  ];
}

function limit(purse: PurseName, text: PicoUsdText | null): PurseLimit[] {
  if (text === null) return [];
  const amount = BigInt(text);
  return [{ purse, limit: picoUsd(amount > LIMIT_MAX ? LIMIT_MAX : amount) }];
}
