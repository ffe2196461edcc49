import { hash, randomBytes } from 'node:crypto';

const GENERATED_BYTES = 32;
const PREFIX_LENGTH = 10;
const CUSTOM_KEY = /^[A-Za-z0-9_-]{16,256}$/;

/** SHA-256 of an API key or admin token, 64 hex digits: all that is stored of it. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** A new API key: `sk-` + 32 random bytes in base64url. Shown once, stored never. */
export function generateApiKey(): string {
  return `sk-${randomBytes(GENERATED_BYTES).toString('base64url')}`;
}

/** What lists show of a key: its first 10 characters and `…`. Tells keys apart, gives none away. */
export function buildKeyPrefix(key: string): string {
  return `${key.slice(0, PREFIX_LENGTH)}…`;
}

/**
 * A key that somebody chose (AUTH-1): 16 to 256 characters of `[A-Za-z0-9_-]`. Throws RangeError with a text
 * for its chooser, which does not repeat the key.
 */
export function parseCustomKey(text: string): string {
  if (CUSTOM_KEY.test(text)) return text;
  throw new RangeError('a custom key has 16 to 256 characters of A-Z, a-z, 0-9, _ and -');
}
