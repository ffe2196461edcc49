import { schema, type Database, type Transaction } from '@tollgate/db';
import { and, asc, eq, exists, gt, or, sql } from 'drizzle-orm';
import { buildProblem } from '../../problems/problem.ts';

const { groups, subscriptions } = schema;

export type GroupRow = typeof groups.$inferSelect;

/**
 * Where a person may make keys: active groups that an admin has opened (`self_service`), and those that the person
 * has a subscription to which has not ended.
 */
export async function listUsableGroups(db: Database | Transaction, userId: string): Promise<GroupRow[]> {
  const isSubscribed = exists(
    db
      .select({ id: subscriptions.id })
      .from(subscriptions)
      .where(
        and(
          eq(subscriptions.groupId, groups.id),
          eq(subscriptions.userId, userId),
          eq(subscriptions.status, 'active'),
          gt(subscriptions.expiresAt, sql`now()`),
        ),
      ),
  );
  return db
    .select()
    .from(groups)
    .where(and(eq(groups.status, 'active'), or(eq(groups.selfService, true), isSubscribed)))
    .orderBy(asc(groups.name));
}

/** A group that may not be used is as unknown as one that never was. */
export async function requireUsableGroups(
  db: Database | Transaction,
  userId: string,
  groupIds: readonly string[],
): Promise<void> {
  const usable = new Set((await listUsableGroups(db, userId)).map(({ id }) => id));
  const other = groupIds.find((id) => !usable.has(id));
  if (other !== undefined) throw buildProblem('not-found', 'groupIds', `no such group: ${other}`);
}
