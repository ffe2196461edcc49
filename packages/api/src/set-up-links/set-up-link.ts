import { randomBytes } from 'node:crypto';
import { createId } from '@tollgate/core';
import { hashKey, schema, type Database, type Transaction } from '@tollgate/db';
import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';

const { setUpLinks } = schema;
const TOKEN_BYTES = 32;

export interface SetUpLink {
  id: string;
  /** Whose password it sets; null = it makes a new admin. */
  userId: string | null;
  resetsTotp: boolean;
}

export interface SetUpLinkOptions {
  userId: string | null;
  resetsTotp?: boolean;
  createdBy: string;
  lifeMs: number;
  nowMs: number;
}

/** Stores a link; `token` is shown here and never again. `expiresAt` is by Postgres' clock. */
export async function insertSetUpLink(
  db: Database | Transaction,
  { userId, resetsTotp = false, createdBy, lifeMs, nowMs }: SetUpLinkOptions,
): Promise<{ id: string; token: string; expiresAt: Date }> {
  const token = `tsl_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const id = createId('setUpLink', nowMs);
  const expiresAt = sql`now() + ${lifeMs} * interval '1 ms'`;
  const [row] = await db
    .insert(setUpLinks)
    .values({ id, hash: hashKey(token), userId, resetsTotp, createdBy, expiresAt })
    .returning({ expiresAt: setUpLinks.expiresAt });
  if (!row) throw new Error('the insert gave no row');
  return { id, token, expiresAt: row.expiresAt };
}

/** In the fragment: browsers send that to nobody, so no log on the way has it. */
export function buildSetUpUrl(controlUrl: string, token: string): string {
  return `${controlUrl.replace(/\/+$/, '')}/set-up#token=${token}`;
}

/** null = unknown, used or expired. */
export async function findSetUpLink(db: Database, token: string): Promise<SetUpLink | null> {
  const [row] = await db
    .select()
    .from(setUpLinks)
    .where(and(eq(setUpLinks.hash, hashKey(token)), isUnused));
  return row ?? null;
}

const isUnused = and(isNull(setUpLinks.usedAt), gt(setUpLinks.expiresAt, sql`now()`));

/** Uses it up; throws a conflict when somebody was faster. One that made an admin takes all others of its kind with it. */
export async function takeSetUpLink(tx: Transaction, link: SetUpLink): Promise<void> {
  const taken = await tx
    .update(setUpLinks)
    .set({ usedAt: sql`now()` })
    .where(and(eq(setUpLinks.id, link.id), isUnused))
    .returning({ id: setUpLinks.id });
  if (taken.length === 0) throw buildProblem('conflict', 'token', 'the link was used already');
  if (link.userId !== null) return;
  const isOther = and(isNull(setUpLinks.userId), isNull(setUpLinks.usedAt), ne(setUpLinks.id, link.id));
  await tx.delete(setUpLinks).where(isOther);
}
