import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, eq, type SQL } from 'drizzle-orm';
import type { Override } from './override-schemas.ts';

const { groups, rpmOverrides, users } = schema;

/** Overrides with the names of both sides, in the order of user and group. */
export async function loadOverrides(
  db: Database | Transaction,
  where: SQL | undefined,
  limit?: number,
): Promise<Override[]> {
  const query = db
    .select({ row: rpmOverrides, userEmail: users.email, groupName: groups.name })
    .from(rpmOverrides)
    .innerJoin(users, eq(users.id, rpmOverrides.userId))
    .innerJoin(groups, eq(groups.id, rpmOverrides.groupId))
    .where(where)
    .orderBy(asc(rpmOverrides.userId), asc(rpmOverrides.groupId));
  const found = await (limit === undefined ? query : query.limit(limit));
  return found.map(({ row, userEmail, groupName }) => ({
    userId: row.userId,
    userEmail,
    groupId: row.groupId,
    groupName,
    rpm: row.rpm,
    updatedAt: row.updatedAt.toISOString(),
  }));
}
