import { schema, type Database, type Transaction } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import { mapUser } from './map-user.ts';
import type { User, UserRef } from './user-schemas.ts';

/** The user; throws a not-found problem. */
export async function loadUser(db: Database | Transaction, ref: UserRef): Promise<User> {
  const { users } = schema;
  const where = 'id' in ref ? eq(users.id, ref.id) : eq(users.email, ref.email);
  const [row] = await db.select().from(users).where(where);
  if (!row) throw buildProblem('not-found', '', `no such user: ${'id' in ref ? ref.id : ref.email}`);
  return mapUser(row);
}
