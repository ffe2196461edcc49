import {
  TollgateError,
  type GroupSnapshot,
  type KeySnapshot,
  type SubscriptionSnapshot,
} from '@tollgate/core';

/** The subscription that pays in this group, if it is paid by one; null = the balance pays, or there is none. */
export function findSubscription(key: KeySnapshot, group: GroupSnapshot): SubscriptionSnapshot | null {
  if (group.type !== 'subscription') return null;
  return Object.hasOwn(key.subscriptions, group.id) ? (key.subscriptions[group.id] ?? null) : null;
}

/**
 * MON-9: a subscription group takes nobody without a running subscription, by the clock and not by a job. null = go
 * on. Exit: 403 `no_subscription`, `subscription_inactive`.
 */
export function checkSubscription(
  key: KeySnapshot,
  group: GroupSnapshot,
  nowMs: number,
): TollgateError | null {
  if (group.type !== 'subscription') return null;
  const subscription = findSubscription(key, group);
  if (subscription === null) return new TollgateError('no_subscription');
  const problem = describeProblem(subscription, nowMs);
  if (problem === null) return null;
  return new TollgateError('subscription_inactive', { message: `The subscription ${problem}.` });
}

/** null = it is in force. */
function describeProblem(
  { status, startsAtMs, expiresAtMs }: SubscriptionSnapshot,
  nowMs: number,
): string | null {
  if (nowMs >= expiresAtMs) return 'has expired';
  if (nowMs < startsAtMs) return 'has not begun';
  return status === 'suspended' ? 'is suspended' : null;
}
