import {
  planNextRefresh,
  planRefreshRetry,
  REFRESH_FAILURES_MAX,
  type RefreshMeaning,
} from '@tollgate/accounts';
import { buildProxySealContext, type Clock } from '@tollgate/core';
import {
  fingerprintCredentials,
  openSecret,
  SealError,
  sealSecret,
  type RefreshEnd,
  type RefreshLease,
  type SecretKey,
} from '@tollgate/db';
import { requestTokens, type TokenEndpoints } from './request-tokens.ts';

export interface RefreshServices extends TokenEndpoints {
  secretKey: SecretKey;
  clock: Clock;
}

const USED_UP =
  'the token endpoint refuses the refresh token: a refresh before this one was never stored and may have used it up; sign in again';
const UNFINISHED =
  'refreshes were begun and never ended: the control plane died in them, or lost the database';

/** One try with a lease in hand: asks the endpoint, and says how the lease ends. Writes nothing. */
export async function refreshAccount(services: RefreshServices, lease: RefreshLease): Promise<RefreshEnd> {
  // Sent again and again it would be a loop around whatever kills us.
  if (lease.isAfterUnfinished && lease.failures > REFRESH_FAILURES_MAX)
    return buildFailure(lease, UNFINISHED);
  const opened = openAccount(services, lease);
  if (typeof opened === 'string') return buildFailure(lease, opened);
  const refreshToken = opened.credentials['refresh_token'];
  if (typeof refreshToken !== 'string') return { kind: 'nothing' };
  const { proxyUrl } = opened;
  const meaning = await requestTokens(services, { platform: lease.platform, refreshToken, proxyUrl });
  switch (meaning.kind) {
    case 'tokens':
      return buildSuccess(services, lease, opened.credentials, meaning);
    case 'refused':
      return {
        kind: 'failed',
        reason: lease.isAfterUnfinished ? USED_UP : meaning.reason,
        retryInMs: null,
        isError: true,
      };
    case 'failed':
      return buildFailure(lease, meaning.reason, meaning.retryAfterMs);
  }
}

function buildSuccess(
  { secretKey, clock }: RefreshServices,
  lease: RefreshLease,
  old: Record<string, unknown>,
  { accessToken, refreshToken, expiresInMs }: Extract<RefreshMeaning, { kind: 'tokens' }>,
): RefreshEnd {
  const { expires_at: _expired, ...kept } = old;
  const expiresAt = expiresInMs === null ? {} : { expires_at: formatEnd(clock.nowMs() + expiresInMs) };
  const credentials = {
    ...kept,
    access_token: accessToken,
    // RFC 6749 §6: without a new one the old one goes on.
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
    ...expiresAt,
  };
  return {
    kind: 'refreshed',
    sealedCredentials: sealSecret(JSON.stringify(credentials), secretKey, lease.accountId),
    // Of the tokens alone: whoever has them need not know when they end.
    refreshedFrom: lease.refreshedFrom ?? fingerprintCredentials(kept, secretKey, lease.accountId),
    nextInMs: planNextRefresh(expiresInMs),
  };
}

/** The last moment that four digits of a year can say. */
const END_MS_MAX = Date.UTC(9999, 11, 31);

function formatEnd(ms: number): string {
  return new Date(Math.min(ms, END_MS_MAX)).toISOString();
}

function buildFailure(lease: RefreshLease, reason: string, retryAfterMs: number | null = null): RefreshEnd {
  return { kind: 'failed', reason, ...planRefreshRetry(lease.failures, retryAfterMs) };
}

/** A text = why it cannot be opened, for the admin. */
function openAccount(
  { secretKey }: RefreshServices,
  { accountId, sealedCredentials, sealedProxyUrl }: RefreshLease,
): { credentials: Record<string, unknown>; proxyUrl: string | null } | string {
  try {
    const credentials: unknown = JSON.parse(openSecret(sealedCredentials, secretKey, accountId));
    if (typeof credentials !== 'object' || credentials === null) return 'the credentials are damaged';
    const proxyUrl =
      sealedProxyUrl === null
        ? null
        : openSecret(sealedProxyUrl, secretKey, buildProxySealContext(accountId));
    return { credentials: credentials as Record<string, unknown>, proxyUrl };
  } catch (fault) {
    if (fault instanceof SealError)
      return 'the seal of its secrets cannot be opened: another secret key made it';
    if (fault instanceof SyntaxError) return 'the credentials are damaged';
    throw fault;
  }
}
