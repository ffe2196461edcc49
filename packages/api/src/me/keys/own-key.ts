import { schema, type Database, type Transaction } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { keyOutputSchema, type Key } from '../../keys/key-schemas.ts';
import { loadKeys, type StoredKey } from '../../keys/load-keys.ts';
import { buildProblem } from '../../problems/problem.ts';

const { keys } = schema;

/** A key as its owner sees it. */
export const ownKeySchema = keyOutputSchema.omit({ userId: true, userEmail: true }).safeExtend({
  /** Made by the owner, who may change it; an admin's key can be disabled alone. */
  isOwn: z.boolean(),
});

export function mapOwnKey(
  { userId: _userId, userEmail: _email, ...shown }: Key,
  isOwn: boolean,
): z.infer<typeof ownKeySchema> {
  return { ...shown, isOwn };
}

export interface OwnKey {
  stored: StoredKey;
  isOwn: boolean;
}

/** Somebody else's key is as unknown as one that never was. */
export async function loadOwnKey(db: Database | Transaction, userId: string, id: string): Promise<OwnKey> {
  const [stored] = await loadKeys(db, and(eq(keys.id, id), eq(keys.userId, userId)));
  if (!stored) throw buildProblem('not-found', '', `no such key: ${id}`);
  const [row] = await db.select({ isOwn: keys.madeByOwner }).from(keys).where(eq(keys.id, id));
  return { stored, isOwn: row?.isOwn ?? false };
}
