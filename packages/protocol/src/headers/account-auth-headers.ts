import type { AccountCredentials, AccountKind, Platform } from '@tollgate/core';
import { buildAccountAuthHeaders } from '../messages/headers.ts';

/**
 * The account's own credentials in the header that its platform reads. `clientBetas`: see `buildAccountAuthHeaders`.
 * Throws TypeError when the credentials are not of the account's kind.
 */
export function buildPlatformAuthHeaders(
  platform: Platform,
  kind: AccountKind,
  credentials: AccountCredentials,
  clientBetas?: string,
): Record<string, string> {
  if (platform === 'anthropic') return buildAccountAuthHeaders(kind, credentials, clientBetas);
  if (kind !== 'api-key' && 'access_token' in credentials)
    return { authorization: `Bearer ${credentials.access_token}` };
  if (kind !== 'api-key' || !('api_key' in credentials))
    throw new TypeError(`credentials do not fit an account of kind ${kind}`);
  return platform === 'openai'
    ? { authorization: `Bearer ${credentials.api_key}` }
    : { 'x-goog-api-key': credentials.api_key };
}
