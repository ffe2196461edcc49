import { hashKey } from '@tollgate/db';
import type { KeySecret } from '../keys/write-key.ts';
import type { Problem } from '../problems/problem.ts';
import type { ConfigKey } from './config-schema.ts';
import type { Placed } from './placed-config.ts';

/** What `buildKeyPrefix` puts at the end. */
const ELLIPSIS = '…';

/** The key of an entry by its hash; null = the file leaves it as it is. */
export function hashConfigKey({ key, key_hash: keyHash }: ConfigKey): string | null {
  return key === undefined ? (keyHash ?? null) : hashKey(key);
}

/** The key itself, or what an export knows of it; undefined = as it is. */
export function selectKeySecret({ key, key_hash: hash, key_prefix: prefix = '' }: ConfigKey) {
  if (key !== undefined || hash === undefined) return key;
  return { hash, prefix: `${prefix.replace(ELLIPSIS, '')}${ELLIPSIS}` } satisfies KeySecret;
}

/** The same key in two forms would leave open which one counts. */
export function checkKeySecret({ index, entry }: Placed<ConfigKey>): Problem[] {
  const path = `keys[${index}].key_hash`;
  if (entry.key !== undefined && entry.key_hash !== undefined) {
    return [{ path, message: 'give either key or key_hash' }];
  }
  if (entry.key_prefix !== undefined && entry.key_hash === undefined) {
    return [{ path: `keys[${index}].key_prefix`, message: 'only used together with key_hash' }];
  }
  return [];
}
