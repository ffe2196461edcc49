import { TollgateError } from '@tollgate/core';
import type { RetryReason } from '@tollgate/forward';

export interface UpstreamFailure {
  /**
   * `refused-request`: the upstream's 400, which the group's fallback may accept (SEL-6). `refused-signature`: the same
   * account may accept the request without the thinking that another one has signed (SEL-7).
   */
  reason: RetryReason | 'refused-request' | 'refused-signature';
  /** null = the upstream did not say. */
  retryAfterMs: number | null;
  /** ACC-3: with a fresh token the same account may serve. */
  needsTokenRefresh: boolean;
  /** Passes the upstream's own verdict on to the client, when nothing better is found. */
  passOn?: () => void;
}

/** REQ-6: what the client hears when no account is left to try. A rate limit tells the soonest way back. */
export function mapUpstreamFailures(failures: readonly UpstreamFailure[]): TollgateError {
  switch (failures.at(-1)?.reason) {
    case 'rate-limited': {
      const waits = failures.flatMap(({ retryAfterMs }) => (retryAfterMs === null ? [] : [retryAfterMs]));
      return new TollgateError(
        'upstream_rate_limited',
        waits.length > 0 ? { retryAfterMs: Math.min(...waits) } : {},
      );
    }
    case 'overloaded':
      return new TollgateError('overloaded');
    case 'timeout':
      return new TollgateError('upstream_timeout');
    default:
      return new TollgateError('upstream_error');
  }
}
