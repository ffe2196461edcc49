import type { AccountSnapshot } from '@tollgate/core';
import type { UpstreamRequest } from '@tollgate/forward';
import type { RequestContext } from './request-context.ts';
import type { OpenedAccount } from './snapshots/opened-accounts.ts';

/**
 * The client's request as the account sends it: allowed headers, values that the operator has pinned in place of
 * the client's (ACC-9), the account's own credentials, the account's name for the model (API-2).
 */
export function buildUpstreamRequest(
  { request, admitted, dialect, parsed }: RequestContext,
  account: Pick<AccountSnapshot, 'kind' | 'pinnedHeaders'>,
  { credentials, origin, pathPrefix, proxyUrl }: OpenedAccount,
  upstreamModel: string,
): UpstreamRequest {
  const { body, scan } = parsed;
  const headers = { ...dialect.selectRequestHeaders(request.headers), ...account.pinnedHeaders };
  return {
    method: 'POST',
    origin,
    path: dialect.buildPath(request, pathPrefix, scan, upstreamModel),
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...dialect.buildAuthHeaders(account, credentials, headers),
    },
    body: dialect.buildBody(body, scan, upstreamModel),
    connectTimeoutMs: admitted.group.deadlines.connectMs,
    proxyUrl,
  };
}
