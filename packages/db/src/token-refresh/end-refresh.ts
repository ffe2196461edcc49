import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Database, Transaction } from '../open-database.ts';
import { enqueueInvalidations } from '../outbox.ts';
import { accounts, audit } from '../schema/index.ts';
import type { RefreshLease } from './begin-refresh.ts';

export type RefreshEnd =
  | { kind: 'refreshed'; sealedCredentials: string; refreshedFrom: string; nextInMs: number | null }
  | { kind: 'failed'; reason: string; retryInMs: number | null; isError: boolean }
  /** There is nothing to refresh with: neither a failure nor to be tried again. */
  | { kind: 'nothing' };

/**
 * Ends a lease. Writes only while the lease is the last one: false = another refresher, or an admin with new
 * credentials, came after it, and nothing was written. The audit row and the invalidation are in the same
 * transaction; push the outbox afterwards.
 */
export function endRefresh(db: Database, lease: RefreshLease, end: RefreshEnd): Promise<boolean> {
  return db.transaction(async (tx) => {
    const written = await tx
      .update(accounts)
      .set({ ...buildColumns(end), refreshLeaseUntil: null })
      .where(and(eq(accounts.id, lease.accountId), eq(accounts.refreshFence, lease.fence)))
      .returning({ status: accounts.status });
    if (written.length === 0) return false;
    await tell(tx, lease, end);
    return true;
  });
}

function buildColumns(end: RefreshEnd) {
  switch (end.kind) {
    case 'refreshed':
      return {
        sealedCredentials: end.sealedCredentials,
        refreshedFrom: end.refreshedFrom,
        // An admin's own word (disabled, or an error without failures) stands.
        status: sql`case when ${accounts.status} = 'error' and ${accounts.refreshFailures} > 0
          then 'active' else ${accounts.status} end`,
        statusReason: null,
        refreshFailures: 0,
        refreshedAt: sql`clock_timestamp()`,
        nextRefreshAt: fromNow(end.nextInMs),
        updatedAt: sql`clock_timestamp()`,
      };
    case 'failed':
      return {
        statusReason: end.reason,
        nextRefreshAt: fromNow(end.retryInMs),
        ...(end.isError && {
          status: sql`case when ${accounts.status} = 'active' then 'error' else ${accounts.status} end`,
          updatedAt: sql`clock_timestamp()`,
        }),
      };
    case 'nothing':
      return { refreshFailures: 0, nextRefreshAt: null };
  }
}

/** ACC-4: every automatic change leaves a reason; nodes hear of what they hold. */
async function tell(tx: Transaction, lease: RefreshLease, end: RefreshEnd): Promise<void> {
  const { accountId, failures } = lease;
  if (end.kind === 'nothing' || (end.kind === 'failed' && !end.isError)) return;
  const fence = Number(lease.fence);
  const isRefreshed = end.kind === 'refreshed';
  await tx.insert(audit).values({
    actor: 'system',
    action: isRefreshed ? 'account.token_refreshed' : 'account.token_refresh_failed',
    target: accountId,
    detail: isRefreshed ? { fence } : { fence, failures, reason: end.reason },
  });
  await enqueueInvalidations(tx, [{ scope: 'account', accountId }]);
}

/** null = never. */
function fromNow(ms: number | null): SQL | null {
  return ms === null ? null : sql`clock_timestamp() + ${ms}::float8 * interval '1 millisecond'`;
}
