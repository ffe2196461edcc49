import { TollgateError } from '@tollgate/core';
import type { AccountExclusion } from '@tollgate/store';

/** What to tell a client when all accounts are busy. */
const BUSY_RETRY_AFTER_MS = 1_000;

/** A pool that is only rate limited or overloaded says so, with the soonest way back; else none is available. */
export function mapExclusions(exclusions: readonly AccountExclusion[]): TollgateError {
  const waits = exclusions.flatMap(listWaits);
  const retryAfterMs = waits.length > 0 ? Math.min(...waits) : BUSY_RETRY_AFTER_MS;
  const isAll = (reason: AccountExclusion['reason']) =>
    exclusions.length > 0 && exclusions.every((exclusion) => exclusion.reason === reason);
  if (isAll('rate-limited')) return new TollgateError('upstream_rate_limited', { retryAfterMs });
  if (isAll('overloaded')) return new TollgateError('overloaded', { retryAfterMs });
  return new TollgateError('no_account', { retryAfterMs });
}

/** When to ask again, as far as the reason tells. A slot may come free at any moment. */
function listWaits({ reason, retryAfterMs }: AccountExclusion): number[] {
  if (reason === 'full' || reason === 'queue-full') return [BUSY_RETRY_AFTER_MS];
  return retryAfterMs === null ? [] : [retryAfterMs];
}
