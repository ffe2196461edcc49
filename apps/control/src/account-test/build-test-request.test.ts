import type { AccountTestTarget } from '@tollgate/api/server';
import { describe, expect, it } from 'vitest';
import { buildTestRequest } from './build-test-request.ts';

const target = (changes: Partial<AccountTestTarget>): AccountTestTarget => ({
  platform: 'openai',
  kind: 'api-key',
  baseUrl: 'https://api.openai.com',
  credentials: { api_key: 'k' },
  proxyUrl: null,
  pinnedHeaders: {},
  model: 'm',
  openAiProtocol: null,
  ...changes,
});

describe('buildTestRequest', () => {
  it.each([
    [{}, 'responses', '/v1/responses'],
    [{ openAiProtocol: 'chat' }, 'chat', '/v1/chat/completions'],
    [{ baseUrl: 'https://vendor.example/openai/v1/' }, 'chat', '/openai/v1/chat/completions'],
    [
      { kind: 'oauth', baseUrl: 'https://chatgpt.com/backend-api/codex', credentials: { access_token: 't' } },
      'responses',
      '/backend-api/codex/responses',
    ],
    [
      { platform: 'gemini', model: 'a/b', baseUrl: 'https://g.example/x' },
      'gemini',
      '/x/models/a%2Fb:streamGenerateContent?alt=sse',
    ],
    [
      { platform: 'antigravity', kind: 'oauth', credentials: { access_token: 't' } },
      'code-assist',
      '/v1internal:streamGenerateContent?alt=sse',
    ],
  ] satisfies [Partial<AccountTestTarget>, string, string][])(
    '[ACC-8] %o is asked in %s at %s',
    (changes, protocol, path) => {
      expect(buildTestRequest(target(changes))).toMatchObject({ protocol, path });
    },
  );

  it('[ACC-9] a pinned value cannot take the place of the credentials', () => {
    const { headers } = buildTestRequest(
      target({ pinnedHeaders: { authorization: 'x', 'user-agent': 'ours' } }),
    );
    expect(headers).toMatchObject({ authorization: 'Bearer k', 'user-agent': 'ours' });
  });

  it('throws for credentials of another kind', () => {
    expect(() => buildTestRequest(target({ kind: 'oauth' }))).toThrow(TypeError);
  });
});
