import { randomBytes } from 'node:crypto';
import { createId } from '@tollgate/core';
import { hashKey, schema, type Database, type Transaction } from '@tollgate/db';
import { and, eq, ne } from 'drizzle-orm';
import type { WebRequest } from '../web/web-request.ts';

const { sessions } = schema;
const TOKEN_BYTES = 32;

export interface SessionLife {
  /** Without use. */
  idleMs: number;
  /** In any case. */
  lifeMs: number;
}

/** Who is signed in. */
export interface Person {
  /** Of the user: the actor in the audit. */
  readonly id: string;
  readonly email: string;
  readonly role: 'admin' | 'user';
  readonly sessionId: string;
}

interface SessionRow {
  session_id: string;
  user_id: string;
  email: string;
  role: 'admin' | 'user';
  is_stale: boolean;
}

/** A new session; its token is for the cookie alone. Always a new one: what the browser had before is not taken over. */
export async function createSession(
  tx: Transaction,
  userId: string,
  { address, userAgent }: Pick<WebRequest, 'address' | 'userAgent'>,
  { idleMs, lifeMs }: SessionLife,
  nowMs: number,
): Promise<{ id: string; token: string }> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const id = createId('session', nowMs);
  const now = await readNowMs(tx);
  const expiresAt = new Date(now + lifeMs);
  const idleExpiresAt = new Date(now + Math.min(idleMs, lifeMs));
  await tx
    .insert(sessions)
    .values({ id, userId, hash: hashKey(token), address, userAgent, expiresAt, idleExpiresAt });
  return { id, token };
}

/** Postgres' clock: the one that all control planes share. */
async function readNowMs(tx: Transaction): Promise<number> {
  const [row] = await tx.execute<{ now_ms: string }>('select extract(epoch from now()) * 1000 as now_ms');
  return Number(row?.now_ms);
}

/**
 * Who holds the token; null = nobody: unknown, ended, expired, or the user is disabled. Status and role are read
 * with it, so that neither outlives a change. Moves the idle end, at most once a minute.
 */
export async function loadPerson(
  db: Database,
  token: string,
  { idleMs }: SessionLife,
): Promise<Person | null> {
  const [row] = await db.sql<SessionRow[]>`
    select sessions.id as session_id, users.id as user_id, users.email, users.role,
      sessions.last_seen_at < now() - interval '1 minute' as is_stale
    from sessions join users on users.id = sessions.user_id
    where sessions.hash = ${hashKey(token)} and users.status = 'active'
      and least(sessions.idle_expires_at, sessions.expires_at) > now()`;
  if (!row) return null;
  if (row.is_stale) await touchSession(db, row.session_id, idleMs);
  return { id: row.user_id, email: row.email, role: row.role, sessionId: row.session_id };
}

async function touchSession(db: Database, id: string, idleMs: number): Promise<void> {
  await db.sql`
    update sessions set last_seen_at = now(),
      idle_expires_at = least(expires_at, now() + ${idleMs} * interval '1 ms')
    where id = ${id} and idle_expires_at > now()`;
}

/** Ends one session of a person; false = they have no such one. */
export async function endSession(db: Database | Transaction, userId: string, id: string): Promise<boolean> {
  const ended = await db
    .delete(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId)))
    .returning({ id: sessions.id });
  return ended.length > 0;
}

/** Ends all of a person, except one; says how many. */
export async function endSessions(
  db: Database | Transaction,
  userId: string,
  exceptId: string | null = null,
): Promise<number> {
  const where = and(eq(sessions.userId, userId), exceptId === null ? undefined : ne(sessions.id, exceptId));
  return (await db.delete(sessions).where(where).returning({ id: sessions.id })).length;
}
