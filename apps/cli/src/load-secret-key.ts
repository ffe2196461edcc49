import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseSecretKey, type SecretKey } from '@tollgate/db';

/**
 * The 32 bytes that seal account credentials: from the configuration, else from `file`, which is made (mode 0600)
 * when it is missing. Throws when either holds no such key.
 */
export function loadSecretKey(given: string | null, file: string): SecretKey {
  if (given !== null) return parseSecretKey(given);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // `wx`: of two processes that start at once, one makes the file and both read the same key.
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return parseSecretKey(readFileSync(file, 'utf8').trim());
}
