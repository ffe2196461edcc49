import { schema, type Transaction } from '@tollgate/db';
import { eq, sql } from 'drizzle-orm';
import { endSessions } from './sessions.ts';

const { setUpLinks, users } = schema;

/** Another password: sessions that the old one made end, except one, and so do links that would set a third. */
export async function setPassword(
  tx: Transaction,
  userId: string,
  passwordHash: string,
  keptSessionId: string | null = null,
): Promise<void> {
  // First: whoever signs in with the old one at this moment holds the row, and is found by the next statement.
  await tx.update(users).set({ passwordHash }).where(eq(users.id, userId));
  await endSessions(tx, userId, keptSessionId);
  await tx.delete(setUpLinks).where(sql`${eq(setUpLinks.userId, userId)} and ${setUpLinks.usedAt} is null`);
}
