import { TollgateError } from '@tollgate/core';
import type { RetryReason } from '@tollgate/forward';

export interface UpstreamFailure {
  reason: RetryReason;
  /** null = the upstream did not say. */
  retryAfterMs: number | null;
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
