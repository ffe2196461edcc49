import { schema } from '@tollgate/db';
import { and, count, eq, gt, ne } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';

const { subscriptions } = schema;

/** Before a group goes: its revoked and expired subscriptions go with it; refuses while others are there. */
export async function removeDeadSubscriptions(
  { tx, now }: Change,
  group: { id: string; name: string },
): Promise<void> {
  const ofGroup = eq(subscriptions.groupId, group.id);
  const [live] = await tx
    .select({ total: count() })
    .from(subscriptions)
    .where(and(ofGroup, ne(subscriptions.status, 'revoked'), gt(subscriptions.expiresAt, now)));
  const total = live?.total ?? 0;
  if (total > 0) {
    throw buildProblem('conflict', '', `group ${group.name} still has ${total} subscription(s)`);
  }
  await tx.delete(subscriptions).where(ofGroup);
}
