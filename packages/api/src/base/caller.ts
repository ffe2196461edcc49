import type { Clock } from '@tollgate/core';
import { TRPCError } from '@trpc/server';
import { hashKey, type Database, type Transaction } from '@tollgate/db';
import { sql } from 'drizzle-orm';
import { loadPerson, type Person, type SessionLife } from '../sign-in/sessions.ts';
import { readSessionCookie } from '../web/session-cookie.ts';
import type { WebRequest } from '../web/web-request.ts';
import { FULL_SCOPE } from './token-scopes.ts';

export interface Admin {
  /** Id of the admin token, or of the person: the actor in the audit. */
  readonly id: string;
  readonly name: string;
  /** What it may do, see token-scopes.ts. */
  readonly scopes: readonly string[];
}

/** Who calls: a program with a token, or a person with a session. */
export type Caller = { kind: 'token'; admin: Admin } | { kind: 'person'; person: Person };

interface CallerSources {
  readonly db: Database;
  readonly clock: Clock;
  readonly signIn: SessionLife;
}

/** A request with an Authorization header is that token's alone: its cookie is not looked at. null = nobody. */
export async function loadCaller(
  services: CallerSources,
  authorization: string | undefined,
  web: WebRequest | null,
): Promise<Caller | null> {
  if (authorization !== undefined) {
    const admin = await loadToken(services, authorization);
    return admin && { kind: 'token', admin };
  }
  const token = web && readSessionCookie(web);
  const person = token ? await loadPerson(services.db, token, services.signIn) : null;
  return person && { kind: 'person', person };
}

/** Throws UNAUTHORIZED when the token was revoked, or the session has ended, since the caller was let in. null = nobody was. */
export async function requireStanding(tx: Transaction, caller: Caller | null): Promise<void> {
  if (caller === null) return;
  const rows = await tx.execute(
    caller.kind === 'token' ? selectToken(caller.admin) : selectSession(caller.person),
  );
  if (rows.length > 0) return;
  throw new TRPCError({
    code: 'UNAUTHORIZED',
    message: 'What let you in has ended meanwhile: nothing was changed.',
  });
}

function selectToken({ id }: Admin) {
  return sql`select 1 from admin_tokens where id = ${id}`;
}

/** Sessions end with the role and the status of their person. */
function selectSession({ id, role, sessionId }: Person) {
  return sql`
    select 1 from sessions join users on users.id = sessions.user_id
    where sessions.id = ${sessionId} and users.id = ${id} and users.role = ${role} and users.status = 'active'`;
}

/** CTL-2: an admin who signs in, and a token with the scope `*`. Nobody at all (a set-up link, the process itself) was let in elsewhere. */
export function isFullAdmin(caller: Caller | null): boolean {
  if (caller === null) return true;
  return caller.kind === 'token' ? caller.admin.scopes.includes(FULL_SCOPE) : caller.person.role === 'admin';
}

/** A person of role admin may do everything. */
export function mapPersonToAdmin({ id, email }: Person): Admin {
  return { id, name: email, scopes: [FULL_SCOPE] };
}

interface TokenRow {
  id: string;
  name: string;
  scopes: string[];
  expires_at_ms: string | null;
  is_stale: boolean;
}

/**
 * The same work for every header: hash and look up, so that time tells nothing about the token. The table holds
 * hashes of long random tokens, so the index look-up leaks nothing either.
 */
async function loadToken({ db, clock }: CallerSources, authorization: string): Promise<Admin | null> {
  const token = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1] ?? '';
  const [row] = await db.sql<TokenRow[]>`
    select id, name, scopes, extract(epoch from expires_at) * 1000 as expires_at_ms,
      coalesce(last_used_at < now() - interval '1 minute', true) as is_stale
    from admin_tokens where hash = ${hashKey(token)}`;
  if (!row || token === '') return null;
  if (row.expires_at_ms !== null && Number(row.expires_at_ms) <= clock.nowMs()) return null;
  if (row.is_stale) await touchToken(db, row.id);
  return { id: row.id, name: row.name, scopes: row.scopes };
}

/** Once a minute, by whichever request comes first. */
async function touchToken(db: Database, id: string): Promise<void> {
  await db.sql`
    update admin_tokens set last_used_at = now()
    where id = ${id} and coalesce(last_used_at < now() - interval '1 minute', true)`;
}
