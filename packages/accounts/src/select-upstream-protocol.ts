import type { AccountSnapshot, Protocol } from '@tollgate/core';

/** What of an account decides how it is asked. */
export type SpeakingAccount = Pick<AccountSnapshot, 'platform' | 'kind' | 'upstreamProtocol' | 'project'>;

/**
 * The wire format that an account is asked in (API-3): the client's own where the upstream speaks it. An API key of
 * OpenAI takes both of its vendor's protocols unless `upstreamProtocol` names the one that its host has; a token is
 * good for Responses alone. A token of Google's with a project is one of Code Assist.
 */
export function selectUpstreamProtocol(account: SpeakingAccount, client: Protocol): Protocol {
  switch (account.platform) {
    case 'anthropic':
      return 'messages';
    case 'gemini':
      return account.kind !== 'api-key' && account.project !== null ? 'code-assist' : 'gemini';
    case 'antigravity':
      return 'code-assist';
    case 'openai':
      return selectOpenAiProtocol(account, client);
  }
}

function selectOpenAiProtocol({ kind, upstreamProtocol }: SpeakingAccount, client: Protocol): Protocol {
  if (upstreamProtocol !== null) return upstreamProtocol;
  return kind === 'api-key' && client === 'chat' ? 'chat' : 'responses';
}
