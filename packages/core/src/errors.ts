/**
 * Every error a client can see: one code, its HTTP status, its type in Anthropic's words, and the default text.
 * `docs/errors.md` lists the same codes; a test compares the two.
 */
export const ERROR_CATALOGUE = {
  invalid_request: { status: 400, type: 'invalid_request_error', message: 'The request is not valid.' },
  prompt_too_long: { status: 400, type: 'invalid_request_error', message: 'prompt is too long' },
  unknown_model: { status: 400, type: 'invalid_request_error', message: 'This model is not offered.' },
  unpriced_model: {
    status: 400,
    type: 'invalid_request_error',
    message: 'This model has no price and is refused by policy.',
  },
  missing_key: { status: 401, type: 'authentication_error', message: 'No API key was sent.' },
  invalid_key: { status: 401, type: 'authentication_error', message: 'The API key is not valid.' },
  too_many_unknown_keys: {
    status: 401,
    type: 'authentication_error',
    message: 'Too many unknown API keys from this address.',
  },
  ip_refused: { status: 403, type: 'permission_error', message: 'This request is not allowed.' },
  key_expired: { status: 403, type: 'permission_error', message: 'The API key has expired.' },
  user_inactive: {
    status: 403,
    type: 'permission_error',
    message: 'The user of this API key is not active.',
  },
  group_inactive: {
    status: 403,
    type: 'permission_error',
    message: 'The group of this API key is not active.',
  },
  platform_mismatch: {
    status: 403,
    type: 'permission_error',
    message: 'This API key has no group that serves this endpoint.',
  },
  client_restricted: {
    status: 403,
    type: 'permission_error',
    message: 'The group of this API key does not serve this client.',
  },
  insufficient_balance: { status: 403, type: 'billing_error', message: 'The balance is used up.' },
  key_quota_reached: {
    status: 403,
    type: 'billing_error',
    message: 'The spending quota of this API key is used up.',
  },
  no_subscription: {
    status: 403,
    type: 'billing_error',
    message: 'There is no subscription to the group of this API key.',
  },
  subscription_inactive: {
    status: 403,
    type: 'billing_error',
    message: 'The subscription is not in force.',
  },
  not_found: { status: 404, type: 'not_found_error', message: 'There is no such endpoint.' },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    message: 'This method is not allowed here.',
  },
  upgrade_required: {
    status: 426,
    type: 'invalid_request_error',
    message: 'WebSockets are not served here: send the request as a POST.',
  },
  body_too_large: { status: 413, type: 'request_too_large', message: 'The request body is too large.' },
  token_quota_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    message: 'token usage exceeds limit',
  },
  rate_limited: { status: 429, type: 'rate_limit_error', message: 'Too many requests.' },
  spend_limit_reached: { status: 429, type: 'rate_limit_error', message: 'A spending limit is reached.' },
  concurrency_limited: { status: 429, type: 'rate_limit_error', message: 'Too many concurrent requests.' },
  queue_full: { status: 429, type: 'rate_limit_error', message: 'too many pending requests' },
  upstream_rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    message: 'The upstream is rate limited; try again later.',
  },
  client_closed: { status: 499, type: 'api_error', message: 'The client closed the connection.' },
  internal: { status: 500, type: 'api_error', message: 'Internal error.' },
  upstream_error: { status: 502, type: 'upstream_error', message: 'The upstream failed.' },
  upstream_timeout: { status: 502, type: 'upstream_error', message: 'The upstream did not answer in time.' },
  no_account: { status: 503, type: 'api_error', message: 'no available accounts' },
  overloaded: { status: 503, type: 'overloaded_error', message: 'The upstream is overloaded.' },
  unavailable: { status: 503, type: 'api_error', message: 'The service is temporarily unavailable.' },
  draining: { status: 503, type: 'api_error', message: 'The service is shutting down.' },
} as const satisfies Record<string, { status: number; type: string; message: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

export interface ErrorOptions {
  /** Replaces the catalogue's text. Goes to the client: no secrets, ids of accounts, addresses. */
  message?: string;
  /** The request field that is wrong, e.g. `max_tokens`. */
  param?: string;
  /** Rendered as `Retry-After`, rounded up to whole seconds. */
  retryAfterMs?: number;
  /** Rendered as `x-should-retry: false`, which the SDKs obey before their own rules. */
  shouldRetry?: false;
  /** Another status than the catalogue's, where the operator may choose. */
  status?: number;
  /** A number that clients of other gateways know; rendered as the error's `code`. */
  vendorCode?: number;
  /** Further headers of the answer, e.g. `allow`. Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** For the log only. */
  cause?: unknown;
}

const NO_HEADERS = {};

/** The one error class. The edge renders it in the caller's protocol (`packages/protocol`). */
export class TollgateError extends Error {
  override readonly name = 'TollgateError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: string;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly shouldRetry: boolean;
  readonly vendorCode: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const entry = ERROR_CATALOGUE[code];
    super(
      options.message ?? entry.message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.status = options.status ?? entry.status;
    this.type = entry.type;
    this.param = options.param;
    this.retryAfterMs = options.retryAfterMs;
    this.shouldRetry = options.shouldRetry ?? true;
    this.vendorCode = options.vendorCode;
    this.headers = options.headers ?? NO_HEADERS;
  }
}
