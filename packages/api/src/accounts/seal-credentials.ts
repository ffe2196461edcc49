import { fingerprintCredentials, openSecret, sealSecret } from '@tollgate/db';
import { isDeepStrictEqual } from 'node:util';
import type { ApiServices } from '../base/context.ts';
import type { Credentials } from './credentials-schema.ts';

/** The account's id is part of the seal: a sealed text that is moved to another account does not open. */
export function sealCredentials(services: ApiServices, accountId: string, credentials: Credentials): string {
  return sealSecret(JSON.stringify(credentials), services.secretKey, accountId);
}

/**
 * True when the sealed ones are the given ones, or descend from them: a file that still has the tokens of the
 * beginning must not put spent ones in place of refreshed ones (ACC-6). Ones that no longer open (another secret key)
 * are other ones.
 */
export function isSameCredentials(
  services: ApiServices,
  accountId: string,
  stored: { sealedCredentials: string; refreshedFrom: string | null },
  credentials: Credentials,
): boolean {
  try {
    const sealed: unknown = JSON.parse(openSecret(stored.sealedCredentials, services.secretKey, accountId));
    if (isDeepStrictEqual(sealed, credentials)) return true;
  } catch {
    return false;
  }
  return stored.refreshedFrom === fingerprintCredentials(credentials, services.secretKey, accountId);
}
