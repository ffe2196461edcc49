import { describe, expect, it } from 'vitest';
import {
  buildAccountAuthHeaders,
  selectClientResponseHeaders,
  selectUpstreamRequestHeaders,
} from './headers.ts';
import type { HeaderList } from '../headers/select-headers.ts';

describe('selectUpstreamRequestHeaders', () => {
  it('[ACC-9] passes what the upstream needs, as the client sent it', () => {
    const headers: HeaderList = [
      ['anthropic-version', '2026-10-21'],
      ['content-type', 'application/json'],
      ['accept', 'application/json'],
      ['user-agent', 'claude-cli/2.1.329 (external, sdk-cli)'],
      ['x-app', 'cli'],
      ['x-stainless-retry-count', '0'],
      ['x-claude-code-session-id', 'b3e0'],
      ['anthropic-dangerous-direct-browser-access', 'true'],
    ];
    expect(selectUpstreamRequestHeaders(headers)).toEqual(Object.fromEntries(headers));
  });

  it.each(['a\x7Fb', 'a\x01b', 'a\r\nx: b', 'a\0', '\u4E2D'])(
    '[ACC-9] drops %j, which no client can send',
    (value) => {
      expect(selectUpstreamRequestHeaders([['x-app', value]])).toEqual({});
      expect(selectUpstreamRequestHeaders([['x-app', 'a\t\u00FCb']])).toEqual({ 'x-app': 'a\t\u00FCb' });
    },
  );

  it.each([
    'authorization',
    'x-api-key',
    'x-goog-api-key',
    'api-key',
    'cookie',
    'host',
    'content-length',
    'accept-encoding',
    'connection',
    'keep-alive',
    'proxy-authorization',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'forwarded',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-real-ip',
    'origin',
    'referer',
    'x-invented-tomorrow',
  ])('[ACC-9] %s never reaches an upstream', (name) => {
    expect(selectUpstreamRequestHeaders([[name, 'secret']])).toEqual({});
  });

  it('a header that Connection names is hop-by-hop (RFC 9110 §7.6.1)', () => {
    const headers: HeaderList = [
      ['connection', 'close, X-App'],
      ['x-app', 'cli'],
      ['accept', '*/*'],
    ];
    expect(selectUpstreamRequestHeaders(headers)).toEqual({ accept: '*/*' });
  });

  it('joins several anthropic-beta lines, each flag once', () => {
    const headers: HeaderList = [
      ['anthropic-beta', 'a, b'],
      ['anthropic-beta', 'b,c,'],
    ];
    expect(selectUpstreamRequestHeaders(headers)).toEqual({ 'anthropic-beta': 'a,b,c' });
  });

  it('of any other repeated header the first counts', () => {
    const headers: HeaderList = [
      ['anthropic-version', '2023-06-01'],
      ['anthropic-version', 'evil'],
    ];
    expect(selectUpstreamRequestHeaders(headers)).toEqual({ 'anthropic-version': '2023-06-01' });
  });

  it('drops a value that would start another header', () => {
    expect(selectUpstreamRequestHeaders([['x-app', 'cli\r\nx-api-key: stolen']])).toEqual({});
  });
});

describe('selectClientResponseHeaders', () => {
  const upstream = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'request-id': 'req_011',
    'x-should-retry': 'true',
    'retry-after': '24',
    'set-cookie': '__cf_bm=1',
    'anthropic-organization-id': '5576611f',
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-unified-5h-utilization': '0.9',
    'content-length': '12',
    'content-encoding': 'gzip',
    'transfer-encoding': 'chunked',
    connection: 'keep-alive',
    server: 'cloudflare',
    'cf-ray': '1',
    'strict-transport-security': 'max-age=1',
  };

  it('[REQ-3] passes by allow-list; cookies, organisation and account limits stay', () => {
    expect(selectClientResponseHeaders(upstream, 200)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'request-id': 'req_011',
      'x-should-retry': 'true',
    });
  });

  it('[REQ-3] retry-after passes with an error only: the upstream sends it with 200 too', () => {
    expect(selectClientResponseHeaders(upstream, 429)).toHaveProperty('retry-after', '24');
  });

  it('a header that Connection names does not pass', () => {
    expect(selectClientResponseHeaders({ connection: 'request-id', 'request-id': 'x' }, 200)).toEqual({});
  });
});

describe('buildAccountAuthHeaders', () => {
  it('an API key goes into x-api-key', () => {
    expect(buildAccountAuthHeaders('api-key', { api_key: 'sk-1' }, 'a')).toEqual({ 'x-api-key': 'sk-1' });
  });

  it.each(['oauth', 'setup-token'] as const)('%s is a bearer with its beta flag merged in once', (kind) => {
    expect(buildAccountAuthHeaders(kind, { access_token: 'tok' }, 'a,oauth-2025-04-20, b')).toEqual({
      authorization: 'Bearer tok',
      'anthropic-beta': 'a,oauth-2025-04-20,b',
    });
    expect(buildAccountAuthHeaders(kind, { access_token: 'tok' })).toEqual({
      authorization: 'Bearer tok',
      'anthropic-beta': 'oauth-2025-04-20',
    });
  });

  it('credentials of another kind are a fault that does not tell them', () => {
    expect(() => buildAccountAuthHeaders('oauth', { api_key: 'sk-1' })).toThrow(/kind oauth$/);
    expect(() => buildAccountAuthHeaders('api-key', { access_token: 'tok' })).toThrow(/kind api-key$/);
  });
});
