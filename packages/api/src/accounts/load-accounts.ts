import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, eq, inArray, type SQL } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import { accountOutputSchema, type Account } from './account-schemas.ts';

const { accountGroups, accounts, groups } = schema;

/** An account with what only the server may see of it. */
export interface StoredAccount {
  sealedCredentials: string;
  account: Account;
}

/** Accounts with their groups, oldest first. */
export async function loadAccounts(
  db: Database | Transaction,
  where: SQL | undefined,
  limit?: number,
): Promise<StoredAccount[]> {
  const query = db.select().from(accounts).where(where).orderBy(asc(accounts.id));
  const rows = await (limit === undefined ? query : query.limit(limit));
  const links = await loadLinks(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    sealedCredentials: row.sealedCredentials,
    account: mapAccount(row, links.get(row.id) ?? []),
  }));
}

/** One account by id; throws a not-found problem. */
export async function loadAccount(db: Database | Transaction, id: string): Promise<StoredAccount> {
  const [found] = await loadAccounts(db, eq(accounts.id, id));
  if (!found) throw buildProblem('not-found', '', `no such account: ${id}`);
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
  const { sealedCredentials: _sealed, ...shown } = row;
  return accountOutputSchema.parse({
    ...shown,
    groups: links,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
