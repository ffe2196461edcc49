import { describe, expect, it } from 'vitest';
import { findRateLimitReset, type RateLimitAnswer } from './find-rate-limit-reset.ts';

/** 4 o'clock in the morning in California, winter time. */
const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);
const inSeconds = (seconds: number) => String(NOW_MS / 1000 + seconds);

function find(answer: Partial<RateLimitAnswer>) {
  return findRateLimitReset({ platform: 'anthropic', headers: {}, bodyHead: '', nowMs: NOW_MS, ...answer });
}

describe('[ACC-3] findRateLimitReset', () => {
  it.each<[string, Record<string, string>, number]>([
    ['the common reset of a subscription', { 'anthropic-ratelimit-unified-reset': inSeconds(90) }, 90_000],
    ['the same in ms, by mistake', { 'anthropic-ratelimit-unified-reset': String(NOW_MS + 90_000) }, 90_000],
    [
      'the latest of several rejected windows',
      {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-reset': inSeconds(180),
        'anthropic-ratelimit-unified-5h-status': 'rejected',
        'anthropic-ratelimit-unified-5h-reset': inSeconds(180),
        'anthropic-ratelimit-unified-7d-status': 'rejected',
        'anthropic-ratelimit-unified-7d-reset': inSeconds(86_400),
      },
      86_400_000,
    ],
    [
      'only of the rejected ones; an overage that nobody bought is none',
      {
        'anthropic-ratelimit-unified-5h-status': 'rejected',
        'anthropic-ratelimit-unified-5h-reset': inSeconds(180),
        'anthropic-ratelimit-unified-7d-status': 'allowed',
        'anthropic-ratelimit-unified-7d-reset': inSeconds(86_400),
        'anthropic-ratelimit-unified-overage-status': 'rejected',
        'anthropic-ratelimit-unified-overage-reset': inSeconds(99_999),
      },
      180_000,
    ],
    [
      'retry-after, where the windows allow the request',
      {
        'anthropic-ratelimit-unified-status': 'allowed_warning',
        'anthropic-ratelimit-unified-reset': inSeconds(9999),
        'retry-after': '24',
      },
      24_000,
    ],
    ['retry-after as a date', { 'retry-after': 'Sat, 21 Nov 2026 12:01:00 GMT' }, 60_000],
    ['retry-after-ms', { 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [
      'RFC 3339 of the family that is used up',
      {
        'anthropic-ratelimit-requests-remaining': '10',
        'anthropic-ratelimit-requests-reset': '2026-11-21T13:00:00Z',
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': '2026-11-21T12:00:30Z',
      },
      30_000,
    ],
    [
      'the later one of two families, when neither says that it is used up',
      { 'x-ratelimit-reset-requests': '1m12.5s', 'x-ratelimit-reset-tokens': '6ms' },
      72_500,
    ],
    [
      'a Codex window that is used up',
      {
        'x-codex-primary-used-percent': '100',
        'x-codex-primary-reset-after-seconds': '600',
        'x-codex-secondary-used-percent': '40',
        'x-codex-secondary-reset-after-seconds': '90000',
      },
      600_000,
    ],
  ])('reads %s', (_, headers, waitMs) => expect(find({ headers })?.waitMs).toBe(waitMs));

  it.each<[string, Partial<RateLimitAnswer>, number]>([
    [
      'Google’s retry detail',
      {
        platform: 'gemini',
        bodyHead: '{"error":{"details":[{"@type":"…RetryInfo","retryDelay":"3.957525076s"}]}}',
      },
      3958,
    ],
    [
      'the same inside a string of another error',
      {
        platform: 'antigravity',
        bodyHead: '{"error":{"message":"{\\"details\\":[{\\"retryDelay\\": \\"3.9s\\"}]}"}}',
      },
      3900,
    ],
    [
      'the same in an array that was cut',
      { platform: 'gemini', bodyHead: '[{"error":{"details":[{"retryDelay": "1m2s"' },
      62_000,
    ],
    [
      'a quota per day: midnight in California and 5 minutes, whatever the retry detail says',
      {
        platform: 'gemini',
        bodyHead:
          '{"error":{"details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"retryDelay":"38s"}]}}',
      },
      20 * 3_600_000 + 300_000,
    ],
    [
      'the text of an OpenAI error, whose quotas per day roll',
      { platform: 'openai', bodyHead: 'on requests per day (RPD): Limit 200. Please try again in 7m12s.' },
      432_000,
    ],
    [
      'a Codex usage limit',
      { platform: 'openai', bodyHead: '{"error":{"type":"usage_limit_reached","resets_in_seconds":7200}}' },
      7_200_000,
    ],
    [
      'the same as a moment',
      {
        platform: 'openai',
        bodyHead: `{"error":{"type":"usage_limit_reached","resets_at": ${inSeconds(60)}}}`,
      },
      60_000,
    ],
  ])('reads %s', (_, answer, waitMs) => expect(find(answer)?.waitMs).toBe(waitMs));

  it.each<[Partial<RateLimitAnswer>]>([
    [{}],
    [{ headers: { 'anthropic-ratelimit-unified-reset': 'soon', 'retry-after': '-5' } }],
    [{ headers: { 'anthropic-ratelimit-requests-reset': 'tomorrow', 'x-ratelimit-reset-tokens': 'NaN' } }],
    [{ headers: { 'x-codex-primary-used-percent': '100' } }],
    [{ headers: { 'x-codex-primary-used-percent': '99', 'x-codex-primary-reset-after-seconds': '60' } }],
    [
      {
        platform: 'gemini',
        bodyHead: '{"error":{"message":"Resource has been exhausted (e.g. check quota)."}}',
      },
    ],
  ])('finds nothing in %j', (answer) => expect(find(answer)).toBeNull());
});
