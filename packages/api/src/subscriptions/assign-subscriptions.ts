import { schema } from '@tollgate/db';
import { and, eq, inArray, ne } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { ProblemError } from '../problems/problem.ts';
import { loadSubscriptions } from './load-subscriptions.ts';
import { mapSubscription, type FoundSubscription } from './map-subscription.ts';
import { requireSubscribers, requireSubscriptionGroup } from './require-subscribers.ts';
import { selectEnd, type Term } from './select-term.ts';
import type { Assigned } from './subscription-schemas.ts';
import { extendSubscription, renewSubscription } from './write-subscription.ts';

const { subscriptions } = schema;

export interface Assignment extends Term {
  userIds: readonly string[];
  groupId: string;
  startsAt?: string | undefined;
  note?: string | undefined;
  ifExists: 'conflict' | 'extend' | 'skip';
}

/**
 * MON-9: gives each user a subscription to the group, all or none. One that has expired begins anew under its old id,
 * with fresh windows; one that has not is a conflict, gets the term on top, or stays, as `ifExists` says. In the order
 * of `userIds`. Throws problems that name every user who is not there or has one already.
 */
export async function assignSubscriptions(change: Change, assignment: Assignment): Promise<Assigned[]> {
  const { userIds, groupId, ifExists } = assignment;
  await requireSubscriptionGroup(change.tx, groupId);
  await requireSubscribers(change.tx, userIds);
  const present = await loadPresent(change, assignment);
  const isLive = ({ row }: FoundSubscription) => row.expiresAt.getTime() > change.now.getTime();
  const live = [...present.values()].filter(isLive);
  if (ifExists === 'conflict' && live.length > 0) throw buildConflict(live);
  const actions = new Map<string, Assigned['action']>();
  const fresh = userIds.filter((userId) => !present.has(userId));
  if (fresh.length > 0) await insertSubscriptions(change, assignment, fresh);
  for (const [userId, found] of present) {
    actions.set(userId, await applyToPresent(change, found, assignment, isLive(found)));
  }
  const written = await loadPresent(change, assignment);
  return userIds.flatMap((userId) => {
    const found = written.get(userId);
    if (!found) return [];
    const subscription = mapSubscription(found, change.now.getTime());
    return { action: actions.get(userId) ?? 'created', subscription };
  });
}

/** By user; those that were revoked have no place here. */
async function loadPresent(
  change: Change,
  { userIds, groupId }: Assignment,
): Promise<Map<string, FoundSubscription>> {
  const isPresent = and(
    inArray(subscriptions.userId, [...userIds]),
    eq(subscriptions.groupId, groupId),
    ne(subscriptions.status, 'revoked'),
  );
  const found = await loadSubscriptions(change.tx, isPresent);
  return new Map(found.map((one) => [one.row.userId, one]));
}

function buildConflict(live: readonly FoundSubscription[]): ProblemError {
  return new ProblemError(
    'conflict',
    live.map(({ row, userEmail, groupName }) => {
      const end = row.expiresAt.toISOString();
      const message = `${userEmail} has a subscription to group ${groupName} until ${end} (${row.id}): extend it`;
      return { path: 'userId', message };
    }),
  );
}

async function applyToPresent(
  change: Change,
  found: FoundSubscription,
  assignment: Assignment,
  isLive: boolean,
): Promise<Assigned['action']> {
  if (!isLive) {
    await renewSubscription(change, found.row, buildPeriod(change, assignment));
    return 'renewed';
  }
  if (assignment.ifExists === 'skip') return 'skipped';
  const isLater = await extendSubscription(change, found.row, assignment, 'keep');
  return isLater ? 'extended' : 'skipped';
}

function buildPeriod(change: Change, { startsAt, days, expiresAt, note }: Assignment) {
  const start = startsAt === undefined ? change.now : new Date(startsAt);
  return { startsAt: start, expiresAt: selectEnd({ days, expiresAt }, start), note };
}

async function insertSubscriptions(
  change: Change,
  assignment: Assignment,
  userIds: readonly string[],
): Promise<void> {
  const { groupId } = assignment;
  const period = buildPeriod(change, assignment);
  const stamps = { createdAt: change.now, updatedAt: change.now };
  const rows = userIds.map((userId) => ({
    id: change.createId('subscription'),
    userId,
    groupId,
    ...period,
    ...stamps,
  }));
  await change.tx.insert(subscriptions).values(rows);
  for (const { id, userId } of rows) {
    change.audit('subscription.assign', id, { userId, groupId, ...period });
    change.invalidate({ scope: 'user', userId });
  }
}
