import type { WebhookUrl } from '@tollgate/api/server';
import { createOutboundPolicy } from '@tollgate/outbound';
import { URL_PROBLEM_TEXTS } from './check-upstream-url.ts';

/**
 * What an admin may type as an alert channel's URL (OPS-5, OPS-6): it may have a query. Rejects with a text for the admin
 * that repeats nothing of the URL, as it may hold a token. A host name is only judged when it is dialled.
 */
export function createWebhookUrlCheck(allow: readonly string[]): (text: string) => Promise<WebhookUrl> {
  const policy = createOutboundPolicy({ allow });
  return async (text) => {
    const parsed = policy.parseWholeUrl(text);
    if (parsed.ok) return { href: parsed.url.href, host: parsed.url.host };
    const isFragment = parsed.problem === 'query-or-fragment';
    throw new Error(isFragment ? 'must not have a fragment' : URL_PROBLEM_TEXTS[parsed.problem]);
  };
}
