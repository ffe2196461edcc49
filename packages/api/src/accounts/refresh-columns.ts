import { planNextRefresh } from '@tollgate/accounts';
import type { AccountKind } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { sql } from 'drizzle-orm';
import type { Account, AccountPatch } from './account-schemas.ts';
import type { Credentials } from './credentials-schema.ts';

/** ACC-6: when credentials from an admin are to be refreshed; null = only on demand. */
export function selectNextRefresh(kind: AccountKind, credentials: Credentials, now: Date): Date | null {
  const { refresh_token: refreshToken, expires_at: expiresAt } = credentials;
  if (kind !== 'oauth' || refreshToken === undefined || expiresAt === undefined) return null;
  const delayMs = planNextRefresh(new Date(expiresAt).getTime() - now.getTime());
  return delayMs === null ? null : new Date(now.getTime() + delayMs);
}

/**
 * What becomes of the refresh when an admin changes credentials or status. New credentials fence off a refresher that
 * is under way with the old ones, and mend an error that the old ones were the reason of. A status from an admin has
 * no reason but the admin's; one that is active again is tried at once.
 */
export function buildRefreshColumns(
  current: Account,
  { credentials, status }: Pick<AccountPatch, 'credentials' | 'status'>,
  now: Date,
) {
  if (credentials) {
    const isMended = current.status === 'error' && current.statusReason !== null;
    return {
      ...(isMended && status === undefined && { status: 'active' }),
      ...CLEAN,
      refreshedFrom: null,
      refreshFence: sql`${schema.accounts.refreshFence} + 1`,
      refreshLeaseUntil: null,
      nextRefreshAt: selectNextRefresh(current.kind, credentials, now),
    };
  }
  if (status === undefined) return null;
  const isBack = status === 'active' && current.kind === 'oauth';
  return { ...CLEAN, ...(isBack && { nextRefreshAt: now }) };
}

const CLEAN = { statusReason: null, refreshFailures: 0 };
