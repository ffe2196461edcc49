import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import type { SubscriptionRow } from './map-subscription.ts';
import { selectLaterEnd, type Term } from './select-term.ts';

const { subscriptions } = schema;

/**
 * Ends later: by days from its end (from now, if that is over), or at a moment. False = it ends no sooner than that
 * already; `earlier` says whether that is a problem.
 */
export async function extendSubscription(
  change: Change,
  row: SubscriptionRow,
  term: Term,
  earlier: 'refuse' | 'keep',
): Promise<boolean> {
  requireNotRevoked(row);
  const endsNoLater =
    term.expiresAt !== undefined && new Date(term.expiresAt).getTime() <= row.expiresAt.getTime();
  if (endsNoLater && earlier === 'keep') return false;
  if (term.expiresAt !== undefined && new Date(term.expiresAt).getTime() === row.expiresAt.getTime()) {
    return false;
  }
  const expiresAt = selectLaterEnd(term, row.expiresAt, change.now);
  await update(change, row, { expiresAt });
  change.audit('subscription.extend', row.id, { from: row.expiresAt, expiresAt });
  return true;
}

/** An expired one begins anew: what was spent in the windows of the old term no longer counts. */
export async function renewSubscription(
  change: Change,
  row: SubscriptionRow,
  { startsAt, expiresAt, note }: { startsAt: Date; expiresAt: Date; note: string | undefined },
): Promise<void> {
  await update(change, row, {
    startsAt,
    expiresAt,
    ...(note === undefined ? {} : { note }),
    status: 'active',
    daySpent: '0',
    dayStartedAt: null,
    weekSpent: '0',
    weekStartedAt: null,
    monthSpent: '0',
    monthStartedAt: null,
  });
  change.audit('subscription.renew', row.id, { startsAt, expiresAt, note });
  change.invalidate({ scope: 'balance', userId: row.userId });
}

/** What a file says of one: any of these, whatever they were. Another start or end leaves its windows as they are. */
export async function rewriteSubscription(
  change: Change,
  row: SubscriptionRow,
  columns: Partial<Pick<SubscriptionRow, 'startsAt' | 'expiresAt' | 'status' | 'note'>>,
): Promise<void> {
  await update(change, row, columns);
  change.audit('subscription.update', row.id, columns);
}

/** The same status again writes nothing. A suspended one goes on to expire. */
export async function setSubscriptionStatus(
  change: Change,
  row: SubscriptionRow,
  status: 'active' | 'suspended' | 'revoked',
): Promise<void> {
  if (row.status === status) return;
  requireNotRevoked(row);
  await update(change, row, { status });
  change.audit(`subscription.${VERBS[status]}`, row.id, { from: row.status });
}

const VERBS = { active: 'resume', suspended: 'suspend', revoked: 'revoke' } as const;

function requireNotRevoked(row: SubscriptionRow): void {
  if (row.status === 'revoked') {
    throw buildProblem('conflict', 'id', `subscription ${row.id} was revoked: assign a new one`);
  }
}

async function update(
  change: Change,
  row: SubscriptionRow,
  columns: Partial<SubscriptionRow>,
): Promise<void> {
  await change.tx
    .update(subscriptions)
    .set({ ...columns, updatedAt: change.now })
    .where(eq(subscriptions.id, row.id));
  change.invalidate({ scope: 'user', userId: row.userId });
}
