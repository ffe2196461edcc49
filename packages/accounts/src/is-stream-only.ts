import type { AccountSnapshot, Protocol } from '@tollgate/core';

/**
 * Whether an upstream answers only with a stream, keeps nothing and wants `instructions`: so do the hosts behind OpenAI's
 * tokens, which are accounts of ChatGPT. `protocol`: the one that the account is asked in.
 */
export function isStreamOnly(
  account: Pick<AccountSnapshot, 'platform' | 'kind'>,
  protocol: Protocol,
): boolean {
  return account.platform === 'openai' && account.kind !== 'api-key' && protocol === 'responses';
}
