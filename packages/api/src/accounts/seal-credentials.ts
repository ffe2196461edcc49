import { openSecret, sealSecret } from '@tollgate/db';
import { isDeepStrictEqual } from 'node:util';
import type { ApiServices } from '../base/context.ts';
import type { Credentials } from './credentials-schema.ts';

/** The account's id is part of the seal: a sealed text that is moved to another account does not open. */
export function sealCredentials(services: ApiServices, accountId: string, credentials: Credentials): string {
  return sealSecret(JSON.stringify(credentials), services.secretKey, accountId);
}

/** True when the sealed ones are the given ones. Ones that no longer open (another secret key) are not. */
export function isSameCredentials(
  services: ApiServices,
  accountId: string,
  sealed: string,
  credentials: Credentials,
): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(openSecret(sealed, services.secretKey, accountId)), credentials);
  } catch {
    return false;
  }
}
