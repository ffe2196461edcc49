import { createOutboundPolicy, type UpstreamUrlProblem } from '@tollgate/outbound';

/** What an admin reads; nothing of the URL is repeated. */
export const URL_PROBLEM_TEXTS: Record<UpstreamUrlProblem, string> = {
  'not-a-url': 'not a URL',
  scheme: 'must begin with https:// or http://',
  credentials: 'must not hold a user name or password',
  'query-or-fragment': 'must not have a query or fragment',
  port: 'has a port that cannot be',
  'too-long': 'is too long',
  'forbidden-address': 'leads to a private address; TOLLGATE_OUTBOUND_ALLOW lists those that are allowed',
};

/**
 * What an admin may type as base URL (OPS-6): gives the normal form, rejects with a text for the admin. A host
 * name is only judged when it is dialled, by the gateway: what it resolves to may change at any time.
 */
export function createUpstreamUrlCheck(allow: readonly string[]): (text: string) => Promise<string> {
  const policy = createOutboundPolicy({ allow });
  return async (text) => {
    const parsed = policy.parseUpstreamUrl(text);
    if (!parsed.ok) throw new Error(URL_PROBLEM_TEXTS[parsed.problem]);
    return parsed.url.href;
  };
}
