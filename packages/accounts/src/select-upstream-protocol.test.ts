import type { Protocol } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { selectUpstreamProtocol, type SpeakingAccount } from './select-upstream-protocol.ts';

const CLIENTS = ['messages', 'chat', 'responses', 'gemini'] as const;

describe('selectUpstreamProtocol', () => {
  it.each<[Partial<SpeakingAccount>, Protocol[]]>([
    [{ platform: 'anthropic' }, ['messages', 'messages', 'messages', 'messages']],
    [{ platform: 'gemini' }, ['gemini', 'gemini', 'gemini', 'gemini']],
    [{ platform: 'gemini', kind: 'oauth' }, ['gemini', 'gemini', 'gemini', 'gemini']],
    [{ platform: 'gemini', kind: 'oauth', project: 'p' }, CLIENTS.map(() => 'code-assist' as const)],
    [{ platform: 'gemini', project: 'p' }, ['gemini', 'gemini', 'gemini', 'gemini']],
    [{ platform: 'openai' }, ['responses', 'chat', 'responses', 'responses']],
    [{ platform: 'openai', upstreamProtocol: 'chat' }, ['chat', 'chat', 'chat', 'chat']],
    [
      { platform: 'openai', upstreamProtocol: 'responses' },
      ['responses', 'responses', 'responses', 'responses'],
    ],
    [{ platform: 'openai', kind: 'oauth' }, ['responses', 'responses', 'responses', 'responses']],
    [{ platform: 'antigravity', kind: 'oauth' }, CLIENTS.map(() => 'code-assist' as const)],
  ])('[API-3] %j: asked by messages, chat, responses, gemini', (account, spoken) => {
    const whole: SpeakingAccount = {
      platform: 'openai',
      kind: 'api-key',
      upstreamProtocol: null,
      project: null,
      ...account,
    };
    expect(CLIENTS.map((client) => selectUpstreamProtocol(whole, client))).toEqual(spoken);
  });
});
