import { createHmac } from 'node:crypto';
import type { SecretKey } from './seal-secret.ts';

/**
 * Tells two sets of credentials apart without holding either: the same fields and values give the same text, under
 * the same key and for the same account only.
 */
export function fingerprintCredentials(credentials: object, key: SecretKey, accountId: string): string {
  const fields = Object.entries(credentials)
    .filter(([, value]) => value !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  const text = JSON.stringify(['credentials', accountId, fields]);
  return createHmac('sha256', key).update(text).digest('base64url');
}
