/** `claude-cli/2.1.197 (external, sdk-cli)`: the name first, a full version, then nothing or a space. */
const USER_AGENT = /^claude-cli\/\d{1,5}\.\d{1,5}\.\d{1,5}(?:[-+][0-9A-Za-z.-]{1,64})?(?: |$)/u;
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** To 2.0.x; the account's uuid stands in the middle where the CLI is logged in. */
const PLAIN_USER_ID = new RegExp(`^user_[0-9a-f]{64}_account_(?:${UUID})?_session_${UUID}$`, 'u');
const DEVICE_ID = /^[0-9a-f]{64}$/u;
const SESSION_ID = new RegExp(`^${UUID}$`, 'u');
const ACCOUNT_ID = new RegExp(`^(?:${UUID})?$`, 'u');
/** Real ones have about 180 characters. */
const USER_ID_LENGTH_MAX = 1024;

export interface ClientTraits {
  /** The `user-agent` header; null = none. */
  userAgent: string | null;
  /** `metadata.user_id` of the body; null = none. */
  metadataUserId: string | null;
}

/**
 * Whether a request has the traits of Claude Code (SEL-6): its user agent *and* one of the shapes that its
 * versions give `metadata.user_id`. Traits are claims: they sort clients, they do not prove who asks.
 */
export function isClaudeCodeRequest({ userAgent, metadataUserId }: ClientTraits): boolean {
  if (metadataUserId === null || metadataUserId.length > USER_ID_LENGTH_MAX) return false;
  return isClaudeCodeAgent(userAgent) && (PLAIN_USER_ID.test(metadataUserId) || isJsonUserId(metadataUserId));
}

/** The user agent alone, for calls whose bodies have no `metadata` (count_tokens). */
export function isClaudeCodeAgent(userAgent: string | null): boolean {
  return userAgent !== null && USER_AGENT.test(userAgent);
}

/** Since 2.1: `{"device_id":"<64 hex>","account_uuid":"<uuid or empty>","session_id":"<uuid>"}`. */
function isJsonUserId(text: string): boolean {
  const value = parseObject(text);
  return (
    isMatch(DEVICE_ID, value['device_id']) &&
    isMatch(SESSION_ID, value['session_id']) &&
    isMatch(ACCOUNT_ID, value['account_uuid'] ?? '')
  );
}

function isMatch(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = text.startsWith('{') ? JSON.parse(text) : null;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
