import type { AccountSnapshot } from '@tollgate/core';
import type { UpstreamRequest } from '@tollgate/forward';
import { buildAccountAuthHeaders, selectUpstreamRequestHeaders } from '@tollgate/protocol';
import type { RequestContext } from './request-context.ts';
import type { OpenedAccount } from './snapshots/opened-accounts.ts';

/**
 * The client's request as the account sends it: allowed headers, values that the operator has pinned in place of
 * the client's (ACC-9), the account's own credentials, same path.
 */
export function buildUpstreamRequest(
  { request, admitted }: RequestContext,
  account: Pick<AccountSnapshot, 'kind' | 'pinnedHeaders'>,
  { credentials, origin, pathPrefix, proxyUrl }: OpenedAccount,
  body: Buffer,
): UpstreamRequest {
  const headers = { ...selectUpstreamRequestHeaders(request.headers), ...account.pinnedHeaders };
  return {
    method: 'POST',
    origin,
    path: pathPrefix + request.path + selectQuery(request.query),
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...buildAccountAuthHeaders(account.kind, credentials, headers['anthropic-beta']),
    },
    body,
    connectTimeoutMs: admitted.group.deadlines.connectMs,
    proxyUrl,
  };
}

/** The query passes (`?beta=true`), a key in it does not (ACC-9). */
function selectQuery(query: string): string {
  if (query === '') return '';
  const kept = query.split('&').filter((pair) => pair !== '' && !hasKey(pair));
  return kept.length > 0 ? `?${kept.join('&')}` : '';
}

/** Some servers also part pairs at `;`. */
function hasKey(pair: string): boolean {
  return pair.split(';').some((part) => /^key(=|$)/i.test(decodeName(part)));
}

/** Undoes escapes in the name, so that `%6bey` is seen as `key`. A broken escape stays as it is. */
function decodeName(pair: string): string {
  const [name = ''] = pair.split('=', 1);
  try {
    return decodeURIComponent(name).trim();
  } catch {
    return name;
  }
}
