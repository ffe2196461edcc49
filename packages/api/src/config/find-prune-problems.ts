import { schema, type Transaction } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import type { Problem } from '../problems/problem.ts';
import type { User } from '../users/user-schemas.ts';

/** Users that no file may delete by leaving them out: those with money behind them. */
export async function findPruneProblems(tx: Transaction, users: readonly User[]): Promise<Problem[]> {
  if (users.length === 0) return [];
  const history = await loadHistory(
    tx,
    users.map(({ id }) => id),
  );
  return users.flatMap(({ id, email, balance }) => {
    if (!history.has(id)) return [];
    const message =
      `user ${email} has money history (balance ${balance} USD) and is not deleted: ` +
      'name the user in the file, with status: disabled if nobody is to use it';
    return [{ path: 'users', message }];
  });
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
