import { TollgateError, type GroupSnapshot, type Platform } from '@tollgate/core';

/** What the groups of a platform are asked in. */
const SERVED: Readonly<Record<Platform, string | null>> = {
  anthropic: 'Anthropic Messages (POST /v1/messages)',
  openai: 'OpenAI Chat Completions (POST /v1/chat/completions) and Responses (POST /v1/responses)',
  gemini: 'Gemini (POST /v1beta/models/{model}:generateContent)',
  antigravity: null,
};

/** 403 for an endpoint that none of `groups` serves, with the protocols that they do. */
export function buildPlatformMismatch(groups: readonly Pick<GroupSnapshot, 'platform'>[]): TollgateError {
  const served = new Set(groups.map(({ platform }) => SERVED[platform]));
  served.delete(null);
  const names = served.size === 0 ? 'none' : [...served].join(', ');
  return new TollgateError('platform_mismatch', {
    message: `This key's groups do not serve this endpoint's protocol. What they serve: ${names}.`,
  });
}
