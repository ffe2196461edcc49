import { KEY_WINDOW_MS, SUBSCRIPTION_WINDOW_MS } from '@tollgate/core';
import type { KeyId, KeyWindow, SubscriptionId, SubscriptionWindow, UserId } from '@tollgate/core';
import type { PurseName } from './money-port.ts';

/** The name of a purse among those of its user. A window's name ends with `:<window>`, whatever its id holds. */
export function purseField(purse: PurseName): string {
  if (purse.kind === 'balance') return 'b';
  return purse.kind === 'key'
    ? `k:${purse.keyId}:${purse.window}`
    : `s:${purse.subscriptionId}:${purse.window}`;
}

/** The inverse of `purseField`; null for what it did not give. */
export function parsePurseField(userId: UserId, field: string): PurseName | null {
  if (field === 'b') return { kind: 'balance', userId };
  const [, kind, id = '', window = ''] = /^([ks]):(.*):([^:]*)$/s.exec(field) ?? [];
  if (kind === 'k' && (window === 'total' || Object.hasOwn(KEY_WINDOW_MS, window))) {
    return { kind: 'key', userId, keyId: id as KeyId, window: window as KeyWindow };
  }
  if (kind !== 's' || !Object.hasOwn(SUBSCRIPTION_WINDOW_MS, window)) return null;
  const subscriptionId = id as SubscriptionId;
  return { kind: 'subscription', userId, subscriptionId, window: window as SubscriptionWindow };
}

/** How long its window lasts, ms; 0 = it is none. */
export function purseWindowMs(purse: PurseName): number {
  if (purse.kind === 'balance') return 0;
  if (purse.kind === 'subscription') return SUBSCRIPTION_WINDOW_MS[purse.window];
  return purse.window === 'total' ? 0 : KEY_WINDOW_MS[purse.window];
}
