import type { Platform } from '@tollgate/core';
import type postgres from 'postgres';
import type { Database } from '../open-database.ts';

/** The right to refresh one account's token, for a while. */
export interface RefreshLease {
  accountId: string;
  platform: Platform;
  /** Rises with each lease: only the holder of the last one may write. */
  fence: bigint;
  /** Tries in a row without success, this one included. */
  failures: number;
  sealedCredentials: string;
  sealedProxyUrl: string | null;
  /** Of the credentials that an admin gave and these descend from; null = these are the given ones. */
  refreshedFrom: string | null;
  /** The try before this one was never ended: its process died, or it lost the database. */
  isAfterUnfinished: boolean;
}

export interface BeginRefreshOptions {
  /** `due`: only if its time has come. `wish`: also ahead of it, if the last refresh is not just over. */
  trigger: 'due' | 'wish';
  leaseMs: number;
  /** No wish is heard within so long of the last refresh. */
  wishIntervalMs: number;
  /** When to try again should this try never end, from now in ms; null = not by itself. */
  planRetry(failures: number): { retryInMs: number | null };
}

type Row = Omit<RefreshLease, 'fence'> & { fence: string };

/**
 * Takes the lease if the account is an oauth one in use, wants a refresh and nobody holds it; else null. Of any
 * number of callers at once one gets it, by Postgres's clock. The try counts as failed until it is ended with
 * success, so that a process that dies in it, again and again, goes through the same back-off.
 */
export function beginRefresh(
  db: Database,
  accountId: string,
  options: BeginRefreshOptions,
): Promise<RefreshLease | null> {
  return db.sql.begin(async (tx) => {
    const [row] = await selectWanting(tx, accountId, options);
    if (row === undefined) return null;
    const failures = row.failures + 1;
    const { retryInMs } = options.planRetry(failures);
    const [held] = await tx<{ fence: string }[]>`
      update accounts set
        refresh_fence = refresh_fence + 1,
        refresh_failures = ${failures},
        refresh_lease_until = clock_timestamp() + ${options.leaseMs} * interval '1 millisecond',
        next_refresh_at = clock_timestamp() + ${retryInMs}::float8 * interval '1 millisecond'
      where id = ${accountId}
      returning refresh_fence::text as fence`;
    return held === undefined ? null : { ...row, failures, fence: BigInt(held.fence) };
  });
}

/** An `error` that a refresh has set may be tried again; one that an admin has set has no failures. */
function selectWanting(
  tx: postgres.TransactionSql,
  accountId: string,
  { trigger, wishIntervalMs }: BeginRefreshOptions,
): postgres.PendingQuery<Row[]> {
  return tx<Row[]>`
    select
      id as "accountId", platform, refresh_fence::text as fence, refresh_failures as failures,
      sealed_credentials as "sealedCredentials", sealed_proxy_url as "sealedProxyUrl",
      refreshed_from as "refreshedFrom", refresh_lease_until is not null as "isAfterUnfinished"
    from accounts
    where id = ${accountId} and kind = 'oauth'
      and (status = 'active' or (status = 'error' and refresh_failures > 0))
      and (refresh_lease_until is null or refresh_lease_until <= clock_timestamp())
      and (next_refresh_at <= clock_timestamp() or (
        ${trigger === 'wish'} and status = 'active' and refresh_failures = 0 and (
          refreshed_at is null
          or refreshed_at <= clock_timestamp() - ${wishIntervalMs} * interval '1 millisecond'
        )
      ))
    for update skip locked`;
}

/** Accounts whose time has come, the longest due first. */
export async function listDueRefreshes(db: Database, limit: number): Promise<string[]> {
  const rows = await db.sql<{ id: string }[]>`
    select id from accounts
    where next_refresh_at <= clock_timestamp() and kind = 'oauth'
      and (status = 'active' or (status = 'error' and refresh_failures > 0))
      and (refresh_lease_until is null or refresh_lease_until <= clock_timestamp())
    order by next_refresh_at, id limit ${limit}`;
  return rows.map(({ id }) => id);
}
