import { TollgateError, type GroupSnapshot } from '@tollgate/core';

type RefusingGroup = Pick<GroupSnapshot, 'platform'>;

/** 403 for an endpoint that none of `groups` serves, with what they do serve (API-4). */
export function buildPlatformMismatch(groups: readonly RefusingGroup[]): TollgateError {
  const served = groups.some(({ platform }) => platform === 'openai')
    ? "OpenAI's Chat Completions and Responses, and Gemini; they are closed to Anthropic's Messages"
    : 'none';
  return new TollgateError('platform_mismatch', {
    message: `This key's groups do not serve this endpoint's protocol. What they serve: ${served}.`,
  });
}
