import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const VERSION = 'v1:';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed secret that cannot be opened, or a key that is none. The text never holds a secret. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/** Key material, kept apart from other buffers by its type. */
export type SecretKey = Buffer & { readonly __brand: 'secret-key' };

/** 32 bytes as hex, base64 or base64url. Throws SealError. */
export function parseSecretKey(text: string): SecretKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)
      ? Buffer.from(trimmed, 'base64')
      : null;
  if (bytes?.length === KEY_BYTES) return bytes as SecretKey;
  throw new SealError(
    'a secret key is 32 bytes in hex (64 digits) or base64 (43 characters, = at the end or not)',
  );
}

/**
 * Seals with AES-256-GCM: `v1:` + base64url of nonce (12 bytes, random), tag (16) and text. `context` says
 * whose secret it is, e.g. the account's id: the seal opens only with the same one, so that a sealed secret
 * cannot be moved to another row.
 */
export function sealSecret(plain: string, key: SecretKey, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
}

/** Opens what {@link sealSecret} made. Throws SealError for another key, another context, a changed text. */
export function openSecret(sealed: string, key: SecretKey, context: string): string {
  if (!sealed.startsWith(VERSION))
    throw new SealError('not a sealed secret of a version that this program knows');
  const bytes = decodeBody(sealed.slice(VERSION.length));
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    throw new SealError(
      `the secret of ${context} cannot be opened: another key sealed it, or it was changed`,
    );
  }
}

function decodeBody(body: string): Buffer {
  const bytes = Buffer.from(body, 'base64url');
  // Node skips characters that are not base64url: what does not come back the same was changed.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== body) {
    throw new SealError('the sealed secret is cut or changed');
  }
  return bytes;
}
