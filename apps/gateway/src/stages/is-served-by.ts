import type { GroupSnapshot } from '@tollgate/core';
import type { Endpoint } from '../routes.ts';

/**
 * Whether a group takes calls in this endpoint's protocol. What its accounts do not speak themselves is translated
 * (API-3), but API-4: a group of openai may be closed to Anthropic's Messages. API-1: a path may name the platform.
 */
export function isServedBy(
  endpoint: Pick<Endpoint, 'dialect' | 'forcedPlatform'> | null,
  group: GroupSnapshot,
): boolean {
  const forced = endpoint?.forcedPlatform;
  if (forced !== undefined && forced !== group.platform) return false;
  const protocol = endpoint?.dialect?.protocol;
  if (protocol === undefined) return true;
  return group.platform !== 'openai' || protocol !== 'messages' || group.messagesDispatch.allowed;
}
