import type { AccountCredentials, AccountKind } from '@tollgate/core';

/** Lower-case names, in order, duplicates kept. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

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
const REQUEST_HEADER_PREFIX = 'x-stainless-';

/**
 * What an Anthropic upstream may say to a client. Not passed: `set-cookie` and `anthropic-organization-id`
 * (the operator's), `anthropic-ratelimit-*` (they describe the operator's account, not the client's limits),
 * length, encoding and hop-by-hop headers (the server writes its own), CDN headers.
 */
const RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-type',
  // The upstream's own id, for support cases (REQ-3).
  'request-id',
  // The SDK obeys it before its own rules.
  'x-should-retry',
]);
/** Seconds until the *account* may ask again: the upstream sends it with 200 too, where clients must not wait. */
const ERROR_RESPONSE_HEADERS: ReadonlySet<string> = new Set(['retry-after', 'retry-after-ms']);

/** RFC 9110 §7.6.1, and what older proxies take for one of them. Names listed in `connection` come on top. */
const HOP_BY_HOP_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const OAUTH_BETA = 'oauth-2025-04-20';
/** RFC 9110 §5.5: a value with CR, LF or NUL could smuggle a header (or a request) upstream. */
const UNSAFE_VALUE = /[\r\n\0]/;
/** No field-content of RFC 9110 §5.5: HTTP clients refuse to send it, so with it no account could be reached. */
const UNSENDABLE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * The client's headers that go upstream. Several `anthropic-beta` lines are joined by a comma; of any other
 * repeated header the first counts.
 */
export function selectUpstreamRequestHeaders(headers: HeaderList): Record<string, string> {
  const dropped = parseConnectionNames(headers);
  const selected: Record<string, string> = {};
  for (const header of headers) {
    const name = header[0];
    const value = header[1];
    if (!isRequestHeaderAllowed(name) || dropped.has(name) || UNSENDABLE_VALUE.test(value)) continue;
    const earlier = selected[name];
    if (earlier === undefined) selected[name] = value;
    else if (name === 'anthropic-beta') selected[name] = mergeBetas(earlier, value);
  }
  return selected;
}

/** The upstream's headers that go to the client. `status`: retry hints pass on errors only. */
export function selectClientResponseHeaders(
  headers: Readonly<Record<string, string>>,
  status: number,
): Record<string, string> {
  const { connection } = headers;
  const dropped = connection === undefined ? NO_NAMES : parseNames([connection]);
  const selected: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const isAllowed = RESPONSE_HEADERS.has(name) || (status >= 400 && ERROR_RESPONSE_HEADERS.has(name));
    if (!isAllowed || dropped.has(name)) continue;
    const value = headers[name] ?? '';
    if (!UNSAFE_VALUE.test(value)) selected[name] = value;
  }
  return selected;
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
    'anthropic-beta': mergeBetas(clientBetas, OAUTH_BETA),
  };
}

function isRequestHeaderAllowed(name: string): boolean {
  if (HOP_BY_HOP_HEADERS.has(name)) return false;
  return REQUEST_HEADERS.has(name) || name.startsWith(REQUEST_HEADER_PREFIX);
}

const NO_NAMES: ReadonlySet<string> = new Set();

function parseConnectionNames(headers: HeaderList): ReadonlySet<string> {
  const lists: string[] = [];
  for (const header of headers) if (header[0] === 'connection') lists.push(header[1]);
  return lists.length === 0 ? NO_NAMES : parseNames(lists);
}

function parseNames(lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((value) => value.split(',').map((name) => name.trim().toLowerCase())));
}

function mergeBetas(...lists: string[]): string {
  const flags = lists.flatMap((list) => list.split(',')).map((flag) => flag.trim());
  return [...new Set(flags.filter((flag) => flag !== ''))].join(',');
}
