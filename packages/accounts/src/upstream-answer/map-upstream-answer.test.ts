import { describe, expect, it } from 'vitest';
import {
  mapUpstreamAnswer,
  OVERLOAD_MS,
  RATE_LIMIT_DEFAULT_MS,
  type UpstreamAnswer,
} from './map-upstream-answer.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);
const ANSWER: UpstreamAnswer = {
  platform: 'anthropic',
  kind: 'api-key',
  status: 200,
  fault: null,
  headers: {},
  bodyHead: '',
  nowMs: NOW_MS,
  hasRefreshedToken: false,
  isProbe: false,
  upstreamModel: 'm-1',
  passedStatuses: null,
  pauseRules: [],
};
const map = (change: Partial<UpstreamAnswer>) => mapUpstreamAnswer({ ...ANSWER, ...change });

describe('[ACC-3] mapUpstreamAnswer', () => {
  it('retry-after on a 200 does not cool the account down', () => {
    expect(map({ headers: { 'retry-after': '24' } })).toEqual({
      verdict: 'ok',
      report: { kind: 'success', upstreamModel: null },
      retryAfterMs: null,
      needsTokenRefresh: false,
    });
  });

  it.each([400, 404, 405, 413, 422, 451])(
    '[REQ-6] %i is the client’s own error, the account is untouched',
    (status) => {
      const headers = { 'retry-after': '9', 'anthropic-ratelimit-unified-reset': String(NOW_MS / 1000 + 9) };
      expect(map({ status, headers })).toEqual({
        verdict: 'client-error',
        report: null,
        retryAfterMs: null,
        needsTokenRefresh: false,
      });
    },
  );

  it.each([
    [400, {}, 'success'],
    [404, {}, 'success'],
    [422, {}, 'success'],
    [413, {}, undefined],
    [405, {}, undefined],
    [404, { passedStatuses: [404] }, undefined],
    [400, { bodyHead: 'Your credit balance is too low' }, 'strike'],
    [500, {}, 'failure'],
  ])('a probe that ends in %i %j says %s of the account', (status, change, kind) => {
    expect(map({ ...change, status, isProbe: true }).report?.kind).toBe(kind);
  });

  it('401: an oauth account has its token refreshed first, once', () => {
    const first = map({ status: 401, kind: 'oauth' });
    expect(first).toMatchObject({ verdict: 'retry', report: null, needsTokenRefresh: true });
    const second = map({ status: 401, kind: 'oauth', hasRefreshedToken: true });
    expect(second).toMatchObject({ verdict: 'retry', report: { kind: 'strike' }, needsTokenRefresh: false });
  });

  it.each<[number, Partial<UpstreamAnswer>, string]>([
    [401, {}, '401: the credentials were refused'],
    [401, { kind: 'setup-token' }, '401: the credentials were refused'],
    [402, {}, '402: no credit left'],
    [403, { kind: 'oauth' }, '403: access was refused'],
    [403, { bodyHead: '{"reason":"VALIDATION_REQUIRED"}' }, '403: the account must be verified'],
    [400, { bodyHead: '{"reason": "API_KEY_INVALID"}', platform: 'gemini' }, '400: the API key is not valid'],
    [400, { bodyHead: 'Your credit balance is too low to access the Anthropic API.' }, '400: no credit left'],
    [400, { bodyHead: 'This organization has been disabled.' }, '400: the organisation has been disabled'],
  ])('%i %j is a strike', (status, change, reason) => {
    expect(map({ ...change, status })).toMatchObject({
      verdict: 'retry',
      report: { kind: 'strike', upstreamModel: null, reason },
      needsTokenRefresh: false,
    });
  });

  it('429 blocks until the stated reset, and the client may know when', () => {
    expect(map({ status: 429, headers: { 'retry-after': '24' } })).toEqual({
      verdict: 'retry',
      report: {
        kind: 'block',
        state: 'rate-limited',
        upstreamModel: null,
        untilMs: 24_000,
        reason: '429: rate limited, reset by retry-after',
      },
      retryAfterMs: 24_000,
      needsTokenRefresh: false,
    });
  });

  it.each([
    ['nothing', {}],
    ['nothing readable', { 'retry-after': 'soon', 'x-ratelimit-reset-tokens': 'NaN' }],
  ])('429 that states %s blocks for 5 minutes', (_, headers) => {
    expect(map({ status: 429, headers })).toMatchObject({
      report: { untilMs: RATE_LIMIT_DEFAULT_MS, reason: '429: rate limited, no reset stated' },
      retryAfterMs: RATE_LIMIT_DEFAULT_MS,
    });
  });

  it('429 with a reset in the past still blocks for a second', () => {
    const headers = { 'anthropic-ratelimit-unified-reset': '1500000000' };
    expect(map({ status: 429, headers })).toMatchObject({ report: { untilMs: 1000 }, retryAfterMs: 1000 });
  });

  it('429 years away blocks for a week', () => {
    const headers = { 'anthropic-ratelimit-unified-reset': '4102444800' };
    expect(map({ status: 429, headers })).toMatchObject({ report: { untilMs: 7 * 86_400_000 } });
  });

  it('429 about one model leaves the others to the account', () => {
    const bodyHead = '{"error":{"message":"Quota exceeded, limit: 0, model: gemini-2.5-pro"}}';
    expect(map({ status: 429, platform: 'gemini', bodyHead }).report).toMatchObject({ upstreamModel: 'm-1' });
  });

  it('429 about the size of this request alone leaves the account as it is', () => {
    const bodyHead = '{"error":{"message":"Extra usage is required for long context requests."}}';
    expect(map({ status: 429, bodyHead })).toMatchObject({ verdict: 'retry', report: null });
  });

  it('429 of an empty purse says so', () => {
    const bodyHead = '{"error":{"code":"insufficient_quota"}}';
    expect(map({ status: 429, bodyHead }).report).toMatchObject({
      reason: '429: no credit left, no reset stated',
    });
  });

  it('529 is an overload of 10 minutes', () => {
    expect(map({ status: 529, headers: { 'retry-after': '3' } })).toMatchObject({
      verdict: 'retry',
      report: { kind: 'block', state: 'overloaded', untilMs: OVERLOAD_MS, upstreamModel: null },
      retryAfterMs: 3000,
    });
  });

  it.each<[Partial<UpstreamAnswer>, string]>([
    [{ status: 500 }, 'status 500'],
    [{ status: 503, headers: { 'retry-after': '3' } }, 'status 503'],
    [{ status: 504, fault: 'timeout' }, 'status 504, then timeout'],
    [{ status: 408 }, 'status 408'],
    [{ status: 409 }, 'status 409'],
    [{ status: 302 }, 'unexpected status 302'],
    [{ status: 0 }, 'unexpected status 0'],
    [{ status: 0, fault: 'timeout' }, 'no answer in time'],
    [{ status: 0, fault: 'network' }, 'the connection failed'],
    [{ status: 200, fault: 'bad-answer' }, 'the answer could not be read'],
  ])('%j counts for the breaker', (change, reason) => {
    expect(map(change)).toMatchObject({ verdict: 'retry', report: { kind: 'failure', reason } });
  });

  it('a passed status is the client’s own error, whatever it is usually', () => {
    for (const status of [401, 403, 429, 500, 529]) {
      expect(map({ status, passedStatuses: [status] })).toMatchObject({
        verdict: 'client-error',
        report: null,
      });
    }
    expect(map({ status: 400, passedStatuses: [403] }).verdict).toBe('client-error');
  });

  it('a pause rule goes before all else, and its words do not reach the reason', () => {
    const pauseRules = [{ status: 400, words: ['secret word'], minutes: 30 }];
    const meaning = map({ status: 400, bodyHead: 'A Secret Word', pauseRules, passedStatuses: [400] });
    expect(meaning).toMatchObject({
      verdict: 'retry',
      report: { kind: 'block', state: 'paused', untilMs: 1_800_000, upstreamModel: null },
    });
    expect(JSON.stringify(meaning)).not.toMatch(/secret/iu);
    expect(map({ status: 400, bodyHead: 'other', pauseRules }).verdict).toBe('client-error');
  });

  it('a pause rule cannot fire on a good answer', () => {
    expect(map({ pauseRules: [{ status: 200, words: [], minutes: 30 }] }).verdict).toBe('ok');
  });
});
