import type { SubscriptionId } from '@tollgate/core';
import type { PurseName } from '@tollgate/store';
import { expect, it } from 'vitest';
import { KEY_ID, USER_ID } from '../testing/build-snapshots.ts';
import { mapMoneyRefusal } from './map-money-refusal.ts';

const key = (window: '5h' | '1d' | '7d' | 'total'): PurseName => ({
  kind: 'key',
  userId: USER_ID,
  keyId: KEY_ID,
  window,
});
const subscription = (window: 'day' | 'week' | 'month'): PurseName => ({
  kind: 'subscription',
  userId: USER_ID,
  subscriptionId: 'sub_1' as SubscriptionId,
  window,
});

it.each<[string, PurseName, number | null, string, number, string, string]>([
  [
    'MON-4',
    { kind: 'balance', userId: USER_ID },
    null,
    'insufficient_balance',
    403,
    'billing_error',
    'The balance',
  ],
  [
    'LIM-9',
    key('total'),
    null,
    'key_quota_reached',
    403,
    'billing_error',
    'The spending quota of this API key',
  ],
  [
    'LIM-9',
    key('5h'),
    5_000,
    'spend_limit_reached',
    429,
    'rate_limit_error',
    'The 5-hour spending limit of this API key',
  ],
  [
    'LIM-9',
    key('1d'),
    5_000,
    'spend_limit_reached',
    429,
    'rate_limit_error',
    'The 24-hour spending limit of this API key',
  ],
  [
    'LIM-9',
    key('7d'),
    5_000,
    'spend_limit_reached',
    429,
    'rate_limit_error',
    'The 7-day spending limit of this API key',
  ],
  [
    'MON-9',
    subscription('day'),
    5_000,
    'spend_limit_reached',
    429,
    'rate_limit_error',
    'The 24-hour spending limit of the subscription',
  ],
  [
    'MON-9',
    subscription('week'),
    5_000,
    'spend_limit_reached',
    429,
    'rate_limit_error',
    'The 7-day spending limit of the subscription',
  ],
  [
    'MON-9',
    subscription('month'),
    5_000,
    'spend_limit_reached',
    429,
    'rate_limit_error',
    'The 30-day spending limit of the subscription',
  ],
])('[%s] %j names the limit, and when it is over', (_, purse, retryAfterMs, code, status, type, what) => {
  const refusal = mapMoneyRefusal({ purse, retryAfterMs, isHeld: false });
  expect(refusal).toMatchObject({ code, status, type });
  expect(refusal.retryAfterMs ?? null).toBe(retryAfterMs);
  expect(refusal.message).toBe(`${what} is used up, or the rest is smaller than what this request may cost.`);
});

it('[LIM-9] a request that may cost more than the whole window is told not to come again', () => {
  const refusal = mapMoneyRefusal({ purse: key('5h'), retryAfterMs: null, isHeld: false });
  expect(refusal).toMatchObject({ code: 'spend_limit_reached', shouldRetry: false, retryAfterMs: undefined });
  expect(refusal.message).toContain('is smaller than what this request may cost');
});

it.each([
  [{ kind: 'balance', userId: USER_ID } as const, 'insufficient_balance'],
  [key('total'), 'key_quota_reached'],
  [key('7d'), 'spend_limit_reached'],
])('[MON-4] what is only held may be back in a moment: %j', (purse, code) => {
  const refusal = mapMoneyRefusal({ purse, retryAfterMs: null, isHeld: true });
  expect(refusal).toMatchObject({ code, retryAfterMs: 1_000, shouldRetry: true });
  expect(refusal.message).toContain('is held by requests that are running');
});
