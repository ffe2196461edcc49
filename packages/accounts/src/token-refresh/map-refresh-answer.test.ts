import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapRefreshAnswer } from './map-refresh-answer.ts';

const map = (status: number, body: unknown, retryAfter: string | null = null) =>
  mapRefreshAnswer({ status, body: typeof body === 'string' ? body : JSON.stringify(body), retryAfter });

describe('map-refresh-answer', () => {
  it.each([
    [{ access_token: 'a', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' }, 'r', 3_600_000],
    [{ access_token: 'a', expires_in: '28800' }, null, 28_800_000],
    [{ access_token: 'a', refresh_token: null, expires_in: 0 }, null, null],
    [{ access_token: 'a', refresh_token: '', expires_in: 'soon' }, null, null],
  ])('[ACC-6] takes new tokens: %j', (body, refreshToken, expiresInMs) => {
    expect(map(200, body)).toEqual({ kind: 'tokens', accessToken: 'a', refreshToken, expiresInMs });
  });

  it.each([
    [400, { error: 'invalid_grant', error_description: 'secret' }],
    [401, { error: { code: 'refresh_token_reused', message: 'secret' } }],
    [401, { error: { code: 'refresh_token_expired' } }],
  ])('[ACC-6] a refused refresh token is refused for good: %s %j', (status, body) => {
    const meaning = map(status, body);
    expect(meaning.kind).toBe('refused');
    expect(JSON.stringify(meaning)).not.toContain('secret');
  });

  it.each([
    [200, '', 'without a usable token'],
    [200, '{"access_token":"a', 'without a usable token'],
    [200, '<html>', 'without a usable token'],
    [200, 'null', 'without a usable token'],
    [200, [], 'without a usable token'],
    [200, { access_token: '' }, 'without a usable token'],
    [200, { access_token: 'a b' }, 'without a usable token'],
    [200, { access_token: 'a\r\nx: y' }, 'without a usable token'],
    [200, { access_token: 'x'.repeat(8193) }, 'without a usable token'],
    [200, { access_token: 'a', refresh_token: 7 }, 'without a usable token'],
    [200, { access_token: 'a', token_type: 'mac' }, 'without a usable token'],
    [400, { error: 'invalid_client' }, 'client id'],
    [400, { error: { code: 7 } }, 'answered 400'],
    [302, '', 'answered 302'],
    [503, 'upstream connect error', 'answered 503'],
  ])('[ACC-6] everything else is a failure: %s %j', (status, body, told) => {
    expect(map(status, body)).toMatchObject({ kind: 'failed', reason: expect.stringContaining(told) });
  });

  it.each([
    ['30', 30_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', null],
    ['-1', null],
    [null, null],
  ])('Retry-After %j is %s ms', (retryAfter, retryAfterMs) => {
    expect(map(429, '', retryAfter)).toMatchObject({ kind: 'failed', retryAfterMs });
  });

  it('has a meaning for whatever comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.json(), (status, body) => {
        expect(['tokens', 'refused', 'failed']).toContain(map(status, body).kind);
      }),
    );
  });
});
