export interface TokenAnswer {
  status: number;
  /** As far as it was read. */
  body: string;
  /** The header, if any. */
  retryAfter: string | null;
}

/** What a token endpoint's answer means. A `reason` is for the admin and holds nothing that the endpoint wrote. */
export type RefreshMeaning =
  | {
      kind: 'tokens';
      accessToken: string;
      /** null = the old one stays good. */
      refreshToken: string | null;
      /** null = not said. */
      expiresInMs: number | null;
    }
  /** The refresh token is worth nothing any more: only a new sign-in helps. */
  | { kind: 'refused'; reason: string }
  /** May be better later. */
  | { kind: 'failed'; reason: string; retryAfterMs: number | null };

/** RFC 6749 §5.2, and what OpenAI's endpoint says in its place. */
const REFUSALS = new Set([
  'invalid_grant',
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
]);
const CLIENT_REFUSALS = new Set(['invalid_client', 'unauthorized_client']);
const TOKEN_CHARS_MAX = 8192;
/** What may go into a header: RFC 6750 has no other characters either. */
const TOKEN_SHAPE = /^[\x21-\x7e]+$/;

/** RFC 6749 §5.1 and §5.2. Total: whatever comes, it has a meaning. */
export function mapRefreshAnswer({ status, body, retryAfter }: TokenAnswer): RefreshMeaning {
  const json = parseObject(body);
  if (status === 200) return mapTokens(json);
  const code = readErrorCode(json);
  if (REFUSALS.has(code)) {
    return { kind: 'refused', reason: 'the token endpoint refuses the refresh token: sign in again' };
  }
  const reason = CLIENT_REFUSALS.has(code)
    ? 'the token endpoint does not accept the client id'
    : `the token endpoint answered ${status}`;
  return { kind: 'failed', reason, retryAfterMs: parseRetryAfter(retryAfter) };
}

function mapTokens(json: Record<string, unknown> | null): RefreshMeaning {
  const { access_token: accessToken, refresh_token: refreshToken, token_type: type } = json ?? {};
  const isBearer = type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer');
  const isWhole = isToken(accessToken) && (isAbsent(refreshToken) || isToken(refreshToken)) && isBearer;
  if (!isWhole) {
    return {
      kind: 'failed',
      reason: 'the token endpoint answered without a usable token',
      retryAfterMs: null,
    };
  }
  return {
    kind: 'tokens',
    accessToken,
    refreshToken: isToken(refreshToken) ? refreshToken : null,
    expiresInMs: readSeconds(json?.['expires_in']),
  };
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TOKEN_CHARS_MAX && TOKEN_SHAPE.test(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** `{"error":"code"}`, or `{"error":{"code":"code"}}`; '' = none. */
function readErrorCode(json: Record<string, unknown> | null): string {
  const error = json?.['error'];
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
  return typeof code === 'string' ? code : '';
}

/** A number, also as text; null = neither, or not above 0. */
function readSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return null;
  return Math.min(seconds * 1_000, Number.MAX_SAFE_INTEGER);
}

/** Seconds; a date is passed over, as the own back-off does. */
function parseRetryAfter(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1_000 : null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
