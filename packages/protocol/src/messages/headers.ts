import type { AccountCredentials, AccountKind } from '@tollgate/core';
import {
  mergeFlags,
  selectRequestHeaders,
  selectResponseHeaders,
  type HeaderList,
  type HeaderRules,
} from '../headers/select-headers.ts';

/**
 * What a client may say to an Anthropic upstream. An allow-list, so that credentials (`authorization`,
 * `x-api-key`, `x-goog-api-key`, cookies), forwarding headers and whatever is invented next stay here by default.
 * `accept-encoding` is not in it: the gateway reads usage from the bytes and asks for them plain.
 */
const REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'anthropic-beta',
  'anthropic-dangerous-direct-browser-access',
  'anthropic-version',
  'content-type',
  'idempotency-key',
  'user-agent',
  // Claude Code says by these which of its surfaces and sessions asks; the upstream reads them.
  'x-app',
  'x-claude-code-session-id',
  // Retry hints that the SDKs send; the upstream keys nothing else on them.
  'x-client-request-id',
]);
/** SDK language, version, retry count, time-out. */
const REQUEST_HEADER_PREFIXES = ['x-stainless-'];

/**
 * What an Anthropic upstream may say to a client. Not passed: `set-cookie` and `anthropic-organization-id`
 * (the operator's), `anthropic-ratelimit-*` (they describe the operator's account, not the client's limits),
 * length, encoding and hop-by-hop headers (the server writes its own), CDN headers.
 */
const RESPONSE_HEADERS: readonly string[] = [
  'cache-control',
  'content-type',
  // The upstream's own id, for support cases (REQ-3).
  'request-id',
  // The SDK obeys it before its own rules.
  'x-should-retry',
];

const RULES: HeaderRules = {
  request: REQUEST_HEADERS,
  requestPrefixes: REQUEST_HEADER_PREFIXES,
  joined: 'anthropic-beta',
  response: RESPONSE_HEADERS,
};
const OAUTH_BETA = 'oauth-2025-04-20';

/**
 * The client's headers that go upstream. Several `anthropic-beta` lines are joined by a comma; of any other
 * repeated header the first counts.
 */
export function selectUpstreamRequestHeaders(headers: HeaderList): Record<string, string> {
  return selectRequestHeaders(headers, RULES);
}

/** The upstream's headers that go to the client. `status`: retry hints pass on errors only. */
export function selectClientResponseHeaders(
  headers: Readonly<Record<string, string>>,
  status: number,
): Record<string, string> {
  return selectResponseHeaders(headers, status, RULES);
}

/**
 * The account's own credentials as headers. `clientBetas`: the client's `anthropic-beta`; tokens need a flag of
 * their own in that list, without which the API answers 401. Set these over the client's headers. Throws
 * TypeError when the credentials are not of the account's kind.
 */
export function buildAccountAuthHeaders(
  kind: AccountKind,
  credentials: AccountCredentials,
  clientBetas = '',
): Record<string, string> {
  if (kind === 'api-key' && 'api_key' in credentials) return { 'x-api-key': credentials.api_key };
  if (kind === 'api-key' || !('access_token' in credentials)) {
    throw new TypeError(`credentials do not fit an account of kind ${kind}`);
  }
  return {
    authorization: `Bearer ${credentials.access_token}`,
    'anthropic-beta': mergeFlags(clientBetas, OAUTH_BETA),
  };
}
