import { schema, type Database, type Transaction } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import type { Group } from './group-schemas.ts';
import { mapGroup } from './map-group.ts';

/** The group; throws a not-found problem. */
export async function loadGroup(
  db: Database | Transaction,
  ref: { id: string } | { name: string },
): Promise<Group> {
  const { groups } = schema;
  const where = 'id' in ref ? eq(groups.id, ref.id) : eq(groups.name, ref.name);
  const [row] = await db.select().from(groups).where(where);
  if (!row) throw buildProblem('not-found', '', `no such group: ${'id' in ref ? ref.id : ref.name}`);
  return mapGroup(row);
}
