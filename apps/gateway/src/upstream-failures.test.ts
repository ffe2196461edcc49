import type { RetryReason } from '@tollgate/forward';
import { describe, expect, it } from 'vitest';
import { mapUpstreamFailures, type UpstreamFailure } from './upstream-failures.ts';

const fail = (reason: RetryReason, retryAfterMs: number | null): UpstreamFailure => ({
  reason,
  retryAfterMs,
  needsTokenRefresh: false,
});

describe('upstream-failures', () => {
  it.each<[RetryReason, number, string]>([
    ['auth', 502, 'upstream_error'],
    ['forbidden', 502, 'upstream_error'],
    ['rate-limited', 429, 'upstream_rate_limited'],
    ['overloaded', 503, 'overloaded'],
    ['server-error', 502, 'upstream_error'],
    ['refused', 502, 'upstream_error'],
    ['reset', 502, 'upstream_error'],
    ['timeout', 502, 'upstream_timeout'],
    ['bad-answer', 502, 'upstream_error'],
    ['stream-error', 502, 'upstream_error'],
  ])('[REQ-6] %s is %d %s', (reason, status, code) => {
    expect(mapUpstreamFailures([fail(reason, null)])).toMatchObject({ status, code });
  });

  it('[REQ-6] a rate limit tells the soonest way back that any account named', () => {
    const error = mapUpstreamFailures([
      fail('rate-limited', 9_000),
      fail('overloaded', 4_000),
      fail('rate-limited', null),
    ]);
    expect(error).toMatchObject({ code: 'upstream_rate_limited', retryAfterMs: 4_000 });
  });

  it('[REQ-6] a rate limit of unknown length names none', () => {
    const error = mapUpstreamFailures([fail('rate-limited', null)]);
    expect(error.retryAfterMs).toBeUndefined();
  });

  it('[REQ-6] the last failure speaks', () => {
    const error = mapUpstreamFailures([fail('rate-limited', 9_000), fail('auth', null)]);
    expect(error).toMatchObject({ code: 'upstream_error', retryAfterMs: undefined });
    expect(mapUpstreamFailures([])).toMatchObject({ code: 'upstream_error' });
  });
});
