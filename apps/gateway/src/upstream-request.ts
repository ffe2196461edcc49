import type { AccountCredentials, AccountSnapshot } from '@tollgate/core';
import type { UpstreamRequest } from '@tollgate/forward';
import { buildAccountAuthHeaders, selectUpstreamRequestHeaders } from '@tollgate/protocol';
import type { RequestContext } from './request-context.ts';

/** The client's request as the account sends it: allowed headers, the account's own credentials, same path. */
export function buildUpstreamRequest(
  { request, admitted }: RequestContext,
  account: AccountSnapshot,
  credentials: AccountCredentials,
  body: Buffer,
): UpstreamRequest {
  const base = parseBase(account);
  const headers = selectUpstreamRequestHeaders(request.headers);
  return {
    method: 'POST',
    origin: base.origin,
    path: base.prefix + request.path + selectQuery(request.query),
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...buildAccountAuthHeaders(account.kind, credentials, headers['anthropic-beta']),
    },
    body,
    connectTimeoutMs: admitted.group.deadlines.connectMs,
  };
}

interface UpstreamBase {
  origin: string;
  /** Without a slash at the end. */
  prefix: string;
}

/** Parsed once for each snapshot of an account. */
const bases = new WeakMap<AccountSnapshot, UpstreamBase>();

function parseBase(account: AccountSnapshot): UpstreamBase {
  const known = bases.get(account);
  if (known !== undefined) return known;
  const { origin, pathname } = new URL(account.baseUrl);
  const base = { origin, prefix: pathname.replace(/\/+$/, '') };
  bases.set(account, base);
  return base;
}

/** The query passes (`?beta=true`), a key in it does not (ACC-9). */
function selectQuery(query: string): string {
  if (query === '') return '';
  const kept = query.split('&').filter((pair) => pair !== '' && !/^key(=|$)/i.test(decodeName(pair)));
  return kept.length > 0 ? `?${kept.join('&')}` : '';
}

/** Undoes escapes in the name, so that `%6bey=` is seen as `key=`. A broken escape stays as it is. */
function decodeName(pair: string): string {
  try {
    return decodeURIComponent(pair);
  } catch {
    return pair;
  }
}
