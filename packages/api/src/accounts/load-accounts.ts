import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, eq, inArray, type SQL } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import { normaliseUsd } from '../fields/number-fields.ts';
import { mapSessionIdleMinutes } from './account-columns.ts';
import { accountOutputSchema, type Account, type AccountRef } from './account-schemas.ts';

const { accountGroups, accounts, groups } = schema;

/** An account with what only the server may see of it. */
export interface StoredAccount {
  sealedCredentials: string;
  sealedProxyUrl: string | null;
  /** Fingerprint of the credentials that the sealed ones descend from; null = nobody has refreshed them. */
  refreshedFrom: string | null;
  account: Account;
}

/** Accounts with their groups, oldest first unless said otherwise. */
export async function loadAccounts(
  db: Database | Transaction,
  where: SQL | undefined,
  limit?: number,
  order: SQL = asc(accounts.id),
): Promise<StoredAccount[]> {
  const query = db.select().from(accounts).where(where).orderBy(order);
  const rows = await (limit === undefined ? query : query.limit(limit));
  const links = await loadLinks(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    sealedCredentials: row.sealedCredentials,
    sealedProxyUrl: row.sealedProxyUrl,
    refreshedFrom: row.refreshedFrom,
    account: mapAccount(row, links.get(row.id) ?? []),
  }));
}

/** One account by id; throws a not-found problem. */
export function loadAccount(db: Database | Transaction, id: string): Promise<StoredAccount> {
  return loadAccountBy(db, { id });
}

/** By id or by name; throws a not-found problem. */
export async function loadAccountBy(db: Database | Transaction, ref: AccountRef): Promise<StoredAccount> {
  const [found] = await loadAccounts(db, 'id' in ref ? eq(accounts.id, ref.id) : eq(accounts.name, ref.name));
  if (!found) throw buildProblem('not-found', '', `no such account: ${'id' in ref ? ref.id : ref.name}`);
  return found;
}

async function loadLinks(
  db: Database | Transaction,
  accountIds: string[],
): Promise<Map<string, Account['groups']>> {
  const links = new Map<string, Account['groups']>();
  if (accountIds.length === 0) return links;
  const rows = await db
    .select({
      accountId: accountGroups.accountId,
      id: groups.id,
      name: groups.name,
      priority: accountGroups.priority,
    })
    .from(accountGroups)
    .innerJoin(groups, eq(groups.id, accountGroups.groupId))
    .where(inArray(accountGroups.accountId, accountIds))
    .orderBy(asc(groups.id));
  for (const { accountId, ...link } of rows) {
    links.set(accountId, [...(links.get(accountId) ?? []), link]);
  }
  return links;
}

function mapAccount(row: typeof accounts.$inferSelect, links: Account['groups']): Account {
  const {
    sealedCredentials: _credentials,
    sealedProxyUrl: _proxy,
    refreshedFrom: _from,
    refreshFence: _fence,
    refreshFailures: _failures,
    refreshLeaseUntil: _lease,
    proxyShown: proxy,
    sessionIdleMs,
    interceptsWarmUps: interceptWarmUps,
    ...shown
  } = row;
  return accountOutputSchema.parse({
    ...shown,
    proxy,
    sessionIdleMinutes: mapSessionIdleMinutes(sessionIdleMs),
    interceptWarmUps,
    windowCostLimit: row.windowCostLimit === null ? null : normaliseUsd(row.windowCostLimit),
    windowCostReserve: normaliseUsd(row.windowCostReserve),
    groups: links,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    nextRefreshAt: row.nextRefreshAt?.toISOString() ?? null,
    refreshedAt: row.refreshedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
