import { schema } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadOverrides } from './load-overrides.ts';
import type { Override, OverrideInput } from './override-schemas.ts';

const { groups, rpmOverrides, users } = schema;
/** Above this many users, dropping everything is less to say and to do. */
const NAMED_USERS_MAX = 1000;

type OverrideRef = Pick<OverrideInput, 'userId' | 'groupId'>;

/** Makes or changes the override; the same figure again writes nothing. */
export async function setOverride(change: Change, { rpm, ...ref }: OverrideInput): Promise<Override> {
  await requireBoth(change, ref);
  const where = buildWhere(ref);
  const [current] = await loadOverrides(change.tx, where);
  if (current?.rpm === rpm) return current;
  await change.tx
    .insert(rpmOverrides)
    .values({ ...ref, rpm, updatedAt: change.now })
    .onConflictDoUpdate({
      target: [rpmOverrides.userId, rpmOverrides.groupId],
      set: { rpm, updatedAt: change.now },
    });
  change.audit('override.set', ref.userId, { groupId: ref.groupId, rpm });
  change.invalidate({ scope: 'user', userId: ref.userId });
  const [written] = await loadOverrides(change.tx, where);
  if (!written) throw new Error('the override that was written is not there');
  return written;
}

/** False = there was none: the group's limit held already. */
export async function removeOverride(change: Change, ref: OverrideRef): Promise<boolean> {
  const removed = await change.tx.delete(rpmOverrides).where(buildWhere(ref)).returning();
  if (removed.length === 0) return false;
  change.audit('override.delete', ref.userId, { groupId: ref.groupId });
  change.invalidate({ scope: 'user', userId: ref.userId });
  return true;
}

/** LIM-3: all overrides of a group in one statement; gives how many there were. */
export async function clearGroupOverrides(change: Change, groupId: string): Promise<number> {
  const removed = await change.tx
    .delete(rpmOverrides)
    .where(eq(rpmOverrides.groupId, groupId))
    .returning({ userId: rpmOverrides.userId });
  if (removed.length === 0) return 0;
  change.audit('override.clear-group', groupId, { cleared: removed.length });
  // By user, not by group: a fallback leads keys here that do not name the group.
  if (removed.length > NAMED_USERS_MAX) change.invalidate({ scope: 'all' });
  else for (const { userId } of removed) change.invalidate({ scope: 'user', userId });
  return removed.length;
}

function buildWhere({ userId, groupId }: OverrideRef) {
  return and(eq(rpmOverrides.userId, userId), eq(rpmOverrides.groupId, groupId));
}

async function requireBoth(change: Change, { userId, groupId }: OverrideRef): Promise<void> {
  const [user] = await change.tx.select({ id: users.id }).from(users).where(eq(users.id, userId));
  if (!user) throw buildProblem('not-found', 'userId', `no such user: ${userId}`);
  const [group] = await change.tx.select({ id: groups.id }).from(groups).where(eq(groups.id, groupId));
  if (!group) throw buildProblem('not-found', 'groupId', `no such group: ${groupId}`);
}
