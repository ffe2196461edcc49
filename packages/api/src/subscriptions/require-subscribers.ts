import { schema, type Transaction } from '@tollgate/db';
import { eq, inArray } from 'drizzle-orm';
import { buildProblem, ProblemError } from '../problems/problem.ts';

const { groups, users } = schema;

/** Throws problems that name each user who is not there. */
export async function requireSubscribers(tx: Transaction, userIds: readonly string[]): Promise<void> {
  const found = await tx
    .select({ id: users.id })
    .from(users)
    .where(inArray(users.id, [...userIds]));
  const known = new Set(found.map(({ id }) => id));
  const missing = userIds.filter((id) => !known.has(id));
  if (missing.length === 0) return;
  throw new ProblemError(
    'not-found',
    missing.map((id) => ({ path: 'userId', message: `no such user: ${id}` })),
  );
}

/** Throws a problem unless the group is there and is paid from subscriptions. */
export async function requireSubscriptionGroup(tx: Transaction, groupId: string): Promise<void> {
  const [group] = await tx
    .select({ name: groups.name, type: groups.type })
    .from(groups)
    .where(eq(groups.id, groupId));
  if (!group) throw buildProblem('not-found', 'groupId', `no such group: ${groupId}`);
  if (group.type === 'subscription') return;
  const message = `group ${group.name} is of type ${group.type}: it is paid from the balance`;
  throw buildProblem('invalid', 'groupId', message);
}
