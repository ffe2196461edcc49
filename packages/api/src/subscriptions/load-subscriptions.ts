import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, eq, type SQL } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import type { FoundSubscription } from './map-subscription.ts';

const { groups, subscriptions, users } = schema;

/** With the names and limits around them, oldest first. */
export async function loadSubscriptions(
  db: Database | Transaction,
  where: SQL | undefined,
  limit?: number,
): Promise<FoundSubscription[]> {
  const query = db
    .select({
      row: subscriptions,
      userEmail: users.email,
      groupName: groups.name,
      limitDay: groups.limitDay,
      limitWeek: groups.limitWeek,
      limitMonth: groups.limitMonth,
    })
    .from(subscriptions)
    .innerJoin(users, eq(users.id, subscriptions.userId))
    .innerJoin(groups, eq(groups.id, subscriptions.groupId))
    .where(where)
    .orderBy(asc(subscriptions.id));
  return limit === undefined ? query : query.limit(limit);
}

/** One by id; throws a not-found problem. */
export async function loadSubscription(db: Database | Transaction, id: string): Promise<FoundSubscription> {
  const [found] = await loadSubscriptions(db, eq(subscriptions.id, id));
  if (!found) throw buildProblem('not-found', '', `no such subscription: ${id}`);
  return found;
}
