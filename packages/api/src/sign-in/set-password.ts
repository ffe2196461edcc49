import { schema, type Transaction } from '@tollgate/db';
import { and, eq, sql } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import { endSessions } from './sessions.ts';

const { setUpLinks, users } = schema;

interface PasswordChange {
  /** This session goes on. */
  keptSessionId: string;
  /** What the password was proved against: it must be so still. */
  from: string;
}

/**
 * Another password: sessions that the old one made end, except one, and so do links that would set a third. With
 * `change` it throws a conflict when somebody was faster: a set-up link is there to take an account back.
 */
export async function setPassword(
  tx: Transaction,
  userId: string,
  passwordHash: string,
  change: PasswordChange | null = null,
): Promise<void> {
  // First: whoever signs in with the old one at this moment holds the row, and is found by the next statement.
  const isFrom = change === null ? undefined : eq(users.passwordHash, change.from);
  const where = and(eq(users.id, userId), isFrom);
  const written = await tx.update(users).set({ passwordHash }).where(where).returning({ id: users.id });
  if (written.length === 0) throw buildProblem('conflict', '', 'the password was changed meanwhile');
  await endSessions(tx, userId, change?.keptSessionId);
  await tx.delete(setUpLinks).where(sql`${eq(setUpLinks.userId, userId)} and ${setUpLinks.usedAt} is null`);
}
