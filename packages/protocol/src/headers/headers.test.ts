import { describe, expect, it } from 'vitest';
import { buildPlatformAuthHeaders } from './account-auth-headers.ts';
import { selectClientResponseHeaders, selectUpstreamRequestHeaders } from '../messages/headers.ts';
import { GEMINI_HEADERS } from './gemini-headers.ts';
import { OPENAI_HEADERS } from './openai-headers.ts';
import { selectRequestHeaders, selectResponseHeaders } from './select-headers.ts';

const RULES = { openai: OPENAI_HEADERS, gemini: GEMINI_HEADERS };
const SECRET: [string, string][] = [
  ['authorization', 'Bearer sk-client'],
  ['x-api-key', 'sk-client'],
  ['x-goog-api-key', 'sk-client'],
  ['cookie', 'a=b'],
  ['openai-organization', 'org-client'],
  ['openai-project', 'proj'],
  ['x-goog-user-project', 'proj'],
  ['x-goog-fieldmask', 'candidates'],
  ['x-forwarded-for', '192.0.2.1'],
  ['host', 'gateway'],
  ['content-length', '3'],
  ['accept-encoding', 'gzip'],
  ['x-invented-tomorrow', '1'],
];

/** RFC 9110 §7.6.1, and what older proxies take for one of them. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

it.each(HOP_BY_HOP)('what belongs to one connection never passes: %s', (name) => {
  for (const rules of Object.values(RULES)) {
    expect(selectRequestHeaders([[name, 'x']], rules)).toEqual({});
    expect(selectResponseHeaders({ [name]: 'x' }, 429, rules)).toEqual({});
  }
  expect(selectUpstreamRequestHeaders([[name, 'x']])).toEqual({});
  expect(selectClientResponseHeaders({ [name]: 'x' }, 429)).toEqual({});
});

describe.each(Object.entries(RULES))('headers of %s', (_, rules) => {
  it('[ACC-9] neither credentials nor what is not listed goes upstream', () => {
    expect(selectRequestHeaders([...SECRET, ['user-agent', 'u']], rules)).toEqual({ 'user-agent': 'u' });
  });

  it('[ACC-9] what `connection` names, and what cannot be sent, stays here', () => {
    const headers: [string, string][] = [
      ['connection', 'User-Agent'],
      ['user-agent', 'u'],
      ['accept', 'a\u0001'],
    ];
    expect(selectRequestHeaders(headers, rules)).toEqual({});
  });

  it('[REQ-3] cookies, organisations and the account’s limits do not come back', () => {
    const headers = {
      'content-type': 'application/json',
      'set-cookie': 'a=b',
      'openai-organization': 'org',
      'x-request-id': 'req_up',
      'x-ratelimit-remaining-requests': '1',
      'x-codex-primary-used-percent': '50',
      'retry-after': '3',
    };
    expect(selectResponseHeaders(headers, 200, rules)).toEqual({ 'content-type': 'application/json' });
    expect(selectResponseHeaders(headers, 429, rules)).toEqual({
      'content-type': 'application/json',
      'retry-after': '3',
    });
  });
});

describe('OpenAI’s clients', () => {
  it('[ACC-9] what Codex and the SDKs say of themselves passes', () => {
    const headers: [string, string][] = [
      ['originator', 'codex_exec'],
      ['session-id', 's'],
      ['x-codex-window-id', 'w'],
      ['x-stainless-lang', 'js'],
      ['openai-beta', 'a'],
      ['openai-beta', 'b, a'],
    ];
    expect(selectRequestHeaders(headers, OPENAI_HEADERS)).toEqual({
      ...Object.fromEntries(headers),
      'openai-beta': 'a,b',
    });
  });
});

describe('buildPlatformAuthHeaders', () => {
  it.each([
    ['anthropic', { 'x-api-key': 'k' }],
    ['openai', { authorization: 'Bearer k' }],
    ['gemini', { 'x-goog-api-key': 'k' }],
  ] as const)('[ACC-9] an API key of %s', (platform, headers) => {
    expect(buildPlatformAuthHeaders(platform, 'api-key', { api_key: 'k' })).toEqual(headers);
  });

  it.each(['openai', 'gemini', 'antigravity'] as const)('[ACC-9] a token of %s', (platform) => {
    const credentials = { access_token: 't', refresh_token: 'r' };
    expect(buildPlatformAuthHeaders(platform, 'oauth', credentials)).toEqual({ authorization: 'Bearer t' });
  });

  it.each(['anthropic', 'openai', 'gemini'] as const)('[ACC-9] of another kind: %s', (platform) => {
    expect(() => buildPlatformAuthHeaders(platform, 'oauth', { api_key: 'k' })).toThrow(TypeError);
    const token = { access_token: 't', refresh_token: 'r' };
    expect(() => buildPlatformAuthHeaders(platform, 'api-key', token)).toThrow(TypeError);
  });
});
