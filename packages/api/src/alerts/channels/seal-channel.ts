import { buildAlertSealContext } from '@tollgate/core';
import { openSecret, sealSecret } from '@tollgate/db';
import type { ApiServices, WebhookUrl } from '../../base/context.ts';
import { buildProblem } from '../../problems/problem.ts';

export function sealChannelSecret(
  { secretKey }: ApiServices,
  channelId: string,
  what: 'url' | 'secret',
  plain: string,
): string {
  return sealSecret(plain, secretKey, buildAlertSealContext(channelId, what));
}

/** True when the sealed one is the given one. One that no longer opens (another secret key) is not. */
export function isSameChannelSecret(
  { secretKey }: ApiServices,
  channelId: string,
  what: 'url' | 'secret',
  sealed: string | null,
  plain: string,
): boolean {
  if (sealed === null) return false;
  try {
    return openSecret(sealed, secretKey, buildAlertSealContext(channelId, what)) === plain;
  } catch {
    return false;
  }
}

/** Throws a problem when the outbound guard refuses the URL. */
export async function checkChannelUrl(services: ApiServices, url: string, path = 'url'): Promise<WebhookUrl> {
  try {
    return await services.checkWebhookUrl(url);
  } catch (fault) {
    throw buildProblem('invalid', path, fault instanceof Error ? fault.message : 'not allowed');
  }
}
