import { TollgateError, type ErrorOptions } from '@tollgate/core';
import type { MoneyRefusal, PurseName } from '@tollgate/store';

type WindowPurse = Exclude<PurseName, { kind: 'balance' }>;

const WINDOWS: Readonly<Record<Exclude<WindowPurse['window'], 'total'>, string>> = {
  '5h': '5-hour',
  '1d': '24-hour',
  '7d': '7-day',
  day: '24-hour',
  week: '7-day',
  month: '30-day',
};

/** LIM-9, MON-9: which limit keeps the request out, and when it will not any more. */
export function mapMoneyRefusal({ purse, retryAfterMs, isHeld }: MoneyRefusal): TollgateError {
  if (purse.kind === 'balance') return buildRefusal('insufficient_balance', 'The balance', isHeld);
  const { window } = purse;
  if (window === 'total')
    return buildRefusal('key_quota_reached', 'The spending quota of this API key', isHeld);
  const owner = purse.kind === 'key' ? 'this API key' : 'the subscription';
  const what = `The ${WINDOWS[window]} spending limit of ${owner}`;
  // Waiting does not help a request that may cost more than the whole limit.
  if (retryAfterMs === null && !isHeld)
    return new TollgateError('spend_limit_reached', {
      message: `${what} is smaller than what this request may cost.`,
      shouldRetry: false,
    });
  return buildRefusal('spend_limit_reached', what, isHeld, {
    retryAfterMs: retryAfterMs ?? HELD_RETRY_AFTER_MS,
  });
}

/** What others hold may be back when any of them ends. */
const HELD_RETRY_AFTER_MS = 1_000;

function buildRefusal(
  code: 'insufficient_balance' | 'key_quota_reached' | 'spend_limit_reached',
  what: string,
  isHeld: boolean,
  options: ErrorOptions = {},
): TollgateError {
  if (!isHeld)
    return new TollgateError(code, {
      message: `${what} is used up, or the rest is smaller than what this request may cost.`,
      ...options,
    });
  return new TollgateError(code, {
    message: `${what} is held by requests that are running.`,
    ...options,
    retryAfterMs: HELD_RETRY_AFTER_MS,
  });
}
