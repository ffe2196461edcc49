import { schema } from '@tollgate/db';
import { count, eq } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { selectChanges } from '../change/select-changes.ts';
import { normaliseAmount } from '../fields/number-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { endSessions } from '../sign-in/sessions.ts';
import { mapUser } from './map-user.ts';
import { canAdminSignIn, requireOtherAdmin } from './require-admin.ts';
import { requireFullAdmin } from './require-full-admin.ts';
import type { User, UserCreate, UserPatch } from './user-schemas.ts';

const { keys, users } = schema;

export async function insertUser(change: Change, fields: UserCreate): Promise<User> {
  if (fields.role === 'admin') await requireFullAdmin(change, fields.email);
  const id = change.createId('user');
  const stamps = { createdAt: change.now, updatedAt: change.now };
  const [row] = await change.tx
    .insert(users)
    .values({ id, ...fields, ...stamps })
    .returning();
  if (!row) throw new Error('the insert gave no row');
  change.audit('user.create', id, fields);
  change.invalidate({ scope: 'user', userId: id });
  return mapUser(row);
}

export function selectUserChanges(current: User, patch: UserPatch): UserPatch {
  return selectChanges<UserPatch>(current, normaliseNotices(patch));
}

/** A threshold takes the place of a percentage, and the other way round. */
function normaliseNotices(patch: UserPatch): UserPatch {
  const { lowBalanceThreshold: threshold, lowBalancePercent: percent } = patch;
  return {
    ...patch,
    lowBalanceThreshold: typeof percent === 'number' ? null : normaliseAmount(threshold),
    lowBalancePercent: typeof threshold === 'string' ? null : percent,
  };
}

/** MON-11: another threshold is another thing to tell. */
function isNoticeChanged(changes: UserPatch): boolean {
  return changes.lowBalanceThreshold !== undefined || changes.lowBalancePercent !== undefined;
}

/** What makes an admin, or takes an admin's place away. */
function touchesAdmin(current: User, { email, role, status }: UserPatch): boolean {
  if (role === 'admin') return true;
  return current.role === 'admin' && [email, role, status].some((field) => field !== undefined);
}

/**
 * Writes only what differs; the balance is never touched. Refuses to take the role from the last admin, and who is an
 * admin to whoever may not say so.
 */
export async function updateUser(change: Change, current: User, patch: UserPatch): Promise<User> {
  const changes = selectUserChanges(current, patch);
  if (Object.keys(changes).length === 0) return current;
  if (touchesAdmin(current, changes)) await requireFullAdmin(change, current.email);
  const [row] = await change.tx
    .update(users)
    .set({
      ...changes,
      lowBalanceNotifiedAt: isNoticeChanged(changes) ? null : undefined,
      updatedAt: change.now,
    })
    .where(eq(users.id, current.id))
    .returning();
  if (!row) throw buildProblem('not-found', '', `no such user: ${current.id}`);
  const { role, status } = current;
  const wasAdmin = canAdminSignIn({ role, status, passwordHash: row.passwordHash });
  if (wasAdmin && !canAdminSignIn(row)) requireOtherAdmin(change, current.email);
  // Whoever is signed in as somebody else than they are now signs in again.
  if (changes.status !== undefined || changes.role !== undefined) await endSessions(change.tx, current.id);
  change.audit('user.update', current.id, changes);
  change.invalidate({ scope: 'user', userId: current.id });
  // After the snapshot: whoever looks anew sees the new limit, and does not block the user again.
  if (changes.tokenLimit !== undefined) change.invalidate({ scope: 'token-quota', userId: current.id });
  return mapUser(row);
}

/** Refuses while the user has keys, and the last admin. Ledger and usage rows outlive the user. */
export async function removeUser(change: Change, user: User): Promise<void> {
  if (user.role === 'admin') await requireFullAdmin(change, user.email);
  const [found] = await change.tx.select({ total: count() }).from(keys).where(eq(keys.userId, user.id));
  if (found && found.total > 0) {
    throw buildProblem('conflict', '', `user ${user.email} still has ${found.total} key(s)`);
  }
  const [gone] = await change.tx.delete(users).where(eq(users.id, user.id)).returning();
  if (gone && canAdminSignIn(gone)) requireOtherAdmin(change, user.email);
  change.audit('user.delete', user.id, { email: user.email, balance: user.balance });
  change.invalidate({ scope: 'user', userId: user.id });
}
