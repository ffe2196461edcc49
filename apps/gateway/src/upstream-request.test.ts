import { describe, expect, it } from 'vitest';
import type { OpenedAccount } from './snapshots/opened-accounts.ts';
import { MODEL } from './testing/build-snapshots.ts';
import { buildParsedContext, type RequestParts } from './testing/build-context.ts';
import { buildUpstreamRequest } from './upstream-request.ts';

const OPENED: OpenedAccount = {
  credentials: { api_key: 'sk-up' },
  origin: 'https://upstream.example',
  pathPrefix: '',
  proxyUrl: null,
};

function build(
  parts: RequestParts,
  opened: Partial<OpenedAccount> = {},
  pinnedHeaders: Record<string, string> = {},
) {
  const { context } = buildParsedContext({}, undefined, parts);
  return buildUpstreamRequest(context, {
    account: { kind: 'api-key', pinnedHeaders },
    opened: { ...OPENED, ...opened },
    upstreamModel: MODEL,
    translation: null,
    streamOnly: null,
  });
}

describe('upstream-request', () => {
  it('goes to the account’s address, behind its path prefix', () => {
    expect(build({}, { pathPrefix: '/proxy/anthropic' })).toMatchObject({
      method: 'POST',
      origin: 'https://upstream.example',
      path: '/proxy/anthropic/v1/messages',
      connectTimeoutMs: 10_000,
    });
  });

  it('[ACC-7] goes through the account’s proxy', () => {
    expect(build({}).proxyUrl).toBeNull();
    expect(build({}, { proxyUrl: 'socks5://ann:secret@proxy.example:1080' }).proxyUrl).toBe(
      'socks5://ann:secret@proxy.example:1080',
    );
  });

  it('[ACC-9] has the account’s credentials, and none of the client’s', () => {
    const { headers } = build({
      headers: [
        ['authorization', 'Bearer sk-client'],
        ['x-api-key', 'sk-client'],
        ['x-goog-api-key', 'sk-client'],
        ['cookie', 'session=sk-client'],
        ['x-forwarded-for', '192.0.2.1'],
        ['content-type', 'text/plain'],
        ['anthropic-version', '2023-06-01'],
        ['anthropic-beta', 'a,b'],
        ['user-agent', 'test/1'],
      ],
    });
    expect(headers).toEqual({
      'content-type': 'application/json',
      'x-api-key': 'sk-up',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'a,b',
      'user-agent': 'test/1',
    });
  });

  it('[ACC-9] a pinned value replaces the client’s, and never the account’s credentials', () => {
    const client: RequestParts = {
      headers: [
        ['user-agent', 'test/1'],
        ['anthropic-beta', 'a'],
        ['anthropic-version', '2023-06-01'],
      ],
    };
    const pinned = { 'user-agent': 'pinned/2', 'anthropic-beta': 'b', originator: 'ops', 'x-api-key': 'no' };
    expect(build(client, {}, pinned).headers).toEqual({
      'content-type': 'application/json',
      'x-api-key': 'sk-up',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'b',
      'user-agent': 'pinned/2',
      originator: 'ops',
    });
  });

  it('[ACC-9] a token account keeps the client’s betas beside its own', () => {
    const { context } = buildParsedContext({}, undefined, { headers: [['anthropic-beta', 'a']] });
    const sending = {
      account: { kind: 'oauth' as const, pinnedHeaders: {} },
      opened: { ...OPENED, credentials: { access_token: 't' } },
      upstreamModel: MODEL,
      translation: null,
      streamOnly: null,
    };
    expect(buildUpstreamRequest(context, sending).headers).toMatchObject({
      authorization: 'Bearer t',
      'anthropic-beta': expect.stringMatching(/^a,oauth-/) as string,
    });
  });

  it.each([
    ['', ''],
    ['beta=true', '?beta=true'],
    ['beta=true&x=1%202&y', '?beta=true&x=1%202&y'],
    ['&&beta=true&', '?beta=true'],
    ['monkey=1&keys=2&x=key', '?monkey=1&keys=2&x=key'],
    ['x=%zz', '?x=%zz'],
  ])('passes the query %j as %j', (query, passed) => {
    expect(build({ query }).path).toBe(`/v1/messages${passed}`);
  });

  it.each([
    'key=sk-client',
    'key',
    'KEY=sk-client',
    'Key=sk-client',
    '%6bey=sk-client',
    '%6B%65%79=sk-client',
    'k%65y%3Dsk-client',
    '%6bey=sk-client%zz',
    'key=%zz',
    'a=1;key=sk-client',
    'key%20=sk-client',
    'key=1&key=2&%4bey=3',
  ])('[ACC-9] drops the key in %j', (query) => {
    expect(build({ query: `${query}&beta=true` }).path).toBe('/v1/messages?beta=true');
  });
});
