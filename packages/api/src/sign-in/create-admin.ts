import { createId, type Clock } from '@tollgate/core';
import type { Database } from '@tollgate/db';
import { insertSetUpLink } from '../set-up-links/set-up-link.ts';

export interface AdminCreation {
  /** Lower case. */
  email: string;
  /** PHC form; null = the person chooses a password with a link. */
  passwordHash: string | null;
}

/**
 * An admin straight on the database, for who has that and no token. null = there is somebody of this address already.
 * Statements by themselves: drizzle's errors repeat parameters, and this one's are on a terminal.
 */
export function createAdmin(
  db: Database,
  clock: Clock,
  { email, passwordHash }: AdminCreation,
): Promise<string | null> {
  const id = createId('user', clock.nowMs());
  return db.sql.begin(async (sql) => {
    const made = await sql`
      insert into users (id, email, role, password_hash) values (${id}, ${email}, 'admin', ${passwordHash})
      on conflict (email) do nothing returning id`;
    if (made.length === 0) return null;
    const detail = JSON.stringify({ email, role: 'admin', origin: 'cli' });
    await sql`
      insert into audit (actor, action, target, detail) values ('system', 'user.create', ${id}, ${detail}::jsonb)`;
    return id;
  });
}

/** A link straight on the database; `email` null = it makes a new admin. null = nobody has this address. */
export async function createSetUpToken(
  db: Database,
  clock: Clock,
  { email, lifeMs, resetsTotp = false }: { email: string | null; lifeMs: number; resetsTotp?: boolean },
): Promise<string | null> {
  const [user] =
    email === null ? [] : await db.sql<{ id: string }[]>`select id from users where email = ${email}`;
  if (email !== null && !user) return null;
  const userId = user?.id ?? null;
  const createdBy = 'system';
  const options = { userId, resetsTotp, createdBy, lifeMs, nowMs: clock.nowMs() };
  const { id, token } = await insertSetUpLink(db, options);
  const detail = JSON.stringify({ userId, resetsTotp, origin: 'cli' });
  await db.sql`
    insert into audit (actor, action, target, detail)
    values (${createdBy}, 'set-up-link.create', ${id}, ${detail}::jsonb)`;
  return token;
}
