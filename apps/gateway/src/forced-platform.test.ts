import { describe, expect, it } from 'vitest';
import { receive } from './stages/receive.ts';
import { buildContext, buildRequest } from './testing/build-context.ts';
import { splitForcedPlatform } from './forced-platform.ts';

describe('splitForcedPlatform', () => {
  it.each(['/v1/messages', '/antigravity', '/antigravityx/v1/messages', '/v1/antigravity/messages'])(
    '[API-1] %s is as it is',
    (path) => {
      expect(splitForcedPlatform(buildRequest({ path }))).toBeNull();
    },
  );

  it('[API-1] the rest of the request is the client’s', async () => {
    const headers: [string, string][] = [['x-api-key', 'k']];
    const outer = buildRequest({
      path: '/antigravity/v1/messages',
      query: 'beta=true',
      headers,
      body: 'abc',
    });
    const inner = splitForcedPlatform(outer);
    const { id, method, query, remoteAddress } = outer;
    expect(inner).toMatchObject({
      platform: 'antigravity',
      request: { id, method, query, remoteAddress, headers, path: '/v1/messages' },
    });
    expect(inner?.request.header('x-api-key')).toBe('k');
    expect((await inner?.request.readBody(10))?.toString()).toBe('abc');
  });

  it.each(['/v1/messages', '/v1beta/models/gemini-3-pro:generateContent'])(
    '[API-1] /antigravity%s wants groups of antigravity alone',
    (path) => {
      const { context } = buildContext({ path: `/antigravity${path}` });
      expect(receive(context, false)).toBeNull();
      expect(context.endpoint).toMatchObject({ platform: 'antigravity', forcedPlatform: 'antigravity' });
      const usual = buildContext({ path });
      receive(usual.context, false);
      expect(usual.context.endpoint?.forcedPlatform).toBeUndefined();
    },
  );

  it('[REQ-4] what stands behind the prefix may be unknown', () => {
    expect(receive(buildContext({ path: '/antigravity/nowhere' }).context, false)?.code).toBe('not_found');
    expect(receive(buildContext({ path: '/antigravity/antigravity/v1/messages' }).context, false)?.code).toBe(
      'not_found',
    );
  });
});
