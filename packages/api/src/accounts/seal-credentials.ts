import { fingerprintCredentials, openSecret, sealSecret } from '@tollgate/db';
import { isDeepStrictEqual } from 'node:util';
import type { ApiServices } from '../base/context.ts';
import { INSTANTS } from '../fields/text-fields.ts';
import type { Credentials } from './credentials-schema.ts';
import type { StoredAccount } from './load-accounts.ts';

/** The account's id is part of the seal: a sealed text that is moved to another account does not open. */
export function sealCredentials(services: ApiServices, accountId: string, credentials: Credentials): string {
  return sealSecret(JSON.stringify(credentials), services.secretKey, accountId);
}

/**
 * True when the sealed ones are the given ones, or descend from them: a file that still has the tokens of the
 * beginning must not put spent ones in place of refreshed ones (ACC-6). Tokens that come without their end are the same
 * with it; the end of spent ones says nothing. Ones that no longer open (another secret key) are other ones.
 */
export function isSameCredentials(
  services: ApiServices,
  accountId: string,
  stored: { sealedCredentials: string; refreshedFrom: string | null },
  credentials: Credentials,
): boolean {
  const { expires_at: end, ...tokens } = credentials;
  const sealed = openCredentials(services, accountId, stored.sealedCredentials);
  if (sealed === null) return false;
  const { expires_at: sealedEnd, ...sealedTokens } = sealed;
  const isSameEnd = end === undefined || isSameMoment(end, sealedEnd);
  if (isSameEnd && isDeepStrictEqual(sealedTokens, tokens)) return true;
  // The whole of them: as older versions wrote it down.
  return [tokens, credentials].some(
    (given) => stored.refreshedFrom === fingerprintCredentials(given, services.secretKey, accountId),
  );
}

/**
 * When the access token ends that an admin has given, in UTC; null = nobody has said so, or it was refreshed since:
 * that token is in nobody's hands, and its end is not that of one which somebody has.
 */
export function selectGivenTokenEnd(
  { refreshedFrom }: Pick<StoredAccount, 'refreshedFrom'>,
  opened: Credentials | null,
): string | null {
  const end = opened?.expires_at;
  if (end === undefined || refreshedFrom !== null) return null;
  const endMs = new Date(end).getTime();
  return endMs >= INSTANTS.minMs && endMs <= INSTANTS.maxMs ? new Date(endMs).toISOString() : null;
}

/** null = the seal does not open. */
export function openCredentials(
  services: ApiServices,
  accountId: string,
  sealed: string,
): Credentials | null {
  try {
    return JSON.parse(openSecret(sealed, services.secretKey, accountId)) as Credentials;
  } catch {
    return null;
  }
}

function isSameMoment(one: string | number, other: string | number | undefined): boolean {
  return other !== undefined && new Date(one).getTime() === new Date(other).getTime();
}
