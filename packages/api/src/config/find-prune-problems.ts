import { schema, type Transaction } from '@tollgate/db';
import { and, count, eq, inArray, notInArray } from 'drizzle-orm';
import type { Problem } from '../problems/problem.ts';
import type { User } from '../users/user-schemas.ts';

/** Users that no file may delete by leaving them out: those with money behind them, and the last administrator. */
export async function findPruneProblems(tx: Transaction, users: readonly User[]): Promise<Problem[]> {
  if (users.length === 0) return [];
  const history = await loadHistory(
    tx,
    users.map(({ id }) => id),
  );
  const problems = users.flatMap(({ id, email, balance }) => {
    if (!history.has(id)) return [];
    const message =
      `user ${email} has money history (balance ${balance} USD) and is not deleted: ` +
      'name the user in the file, with status: disabled if nobody is to use it';
    return [{ path: 'users', message }];
  });
  const admin = await findLastAdmin(tx, users);
  if (admin === undefined) return problems;
  const message = `user ${admin.email} is the last administrator and is not deleted`;
  return [...problems, { path: 'users', message }];
}

/** Ids of those with ledger rows or subscriptions. */
async function loadHistory(tx: Transaction, userIds: string[]): Promise<ReadonlySet<string>> {
  const { ledger, subscriptions } = schema;
  const booked = await tx
    .selectDistinct({ userId: ledger.userId })
    .from(ledger)
    .where(inArray(ledger.userId, userIds));
  const subscribed = await tx
    .selectDistinct({ userId: subscriptions.userId })
    .from(subscriptions)
    .where(inArray(subscriptions.userId, userIds));
  return new Set([...booked, ...subscribed].map(({ userId }) => userId));
}

async function findLastAdmin(tx: Transaction, leaving: readonly User[]): Promise<User | undefined> {
  const admin = leaving.find(({ role, status }) => role === 'admin' && status === 'active');
  if (!admin) return undefined;
  const { users } = schema;
  const ids = leaving.map(({ id }) => id);
  const isAdmin = and(eq(users.role, 'admin'), eq(users.status, 'active'), notInArray(users.id, ids));
  const [staying] = await tx.select({ total: count() }).from(users).where(isAdmin);
  return (staying?.total ?? 0) > 0 ? undefined : admin;
}
