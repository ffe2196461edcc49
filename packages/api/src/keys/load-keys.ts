import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, eq, inArray, type SQL } from 'drizzle-orm';
import { normaliseAmount } from '../fields/number-fields.ts';
import { selectShown } from '../fields/select-shown.ts';
import { buildProblem } from '../problems/problem.ts';
import { keyOutputSchema, type Key } from './key-schemas.ts';

const { groups, keyGroups, keys, users } = schema;

/** A key with what only the server may see of it. */
export interface StoredKey {
  /** SHA-256 of the key, hex. */
  hash: string;
  key: Key;
}

/** Keys with owner and groups, oldest first unless said otherwise. */
export async function loadKeys(
  db: Database | Transaction,
  where: SQL | undefined,
  limit?: number,
  order: SQL = asc(keys.id),
): Promise<StoredKey[]> {
  const query = db
    .select({ row: keys, email: users.email })
    .from(keys)
    .innerJoin(users, eq(users.id, keys.userId))
    .where(where)
    .orderBy(order);
  const found = await (limit === undefined ? query : query.limit(limit));
  const links = await loadLinks(
    db,
    found.map(({ row }) => row.id),
  );
  return found.map(({ row, email }) => ({
    hash: row.hash,
    key: mapKey(row, email, links.get(row.id) ?? []),
  }));
}

/** One key by id; throws a not-found problem. */
export async function loadKey(db: Database | Transaction, id: string): Promise<StoredKey> {
  const [found] = await loadKeys(db, eq(keys.id, id));
  if (!found) throw buildProblem('not-found', '', `no such key: ${id}`);
  return found;
}

async function loadLinks(
  db: Database | Transaction,
  keyIds: string[],
): Promise<Map<string, { id: string; name: string }[]>> {
  const links = new Map<string, { id: string; name: string }[]>();
  if (keyIds.length === 0) return links;
  const rows = await db
    .select({ keyId: keyGroups.keyId, id: groups.id, name: groups.name })
    .from(keyGroups)
    .innerJoin(groups, eq(groups.id, keyGroups.groupId))
    .where(inArray(keyGroups.keyId, keyIds))
    .orderBy(asc(keyGroups.position));
  for (const { keyId, id, name } of rows) {
    links.set(keyId, [...(links.get(keyId) ?? []), { id, name }]);
  }
  return links;
}

function mapKey(row: typeof keys.$inferSelect, userEmail: string, links: Key['groups']): Key {
  return keyOutputSchema.parse({
    ...selectShown(row, keyOutputSchema),
    userEmail,
    groups: links,
    quota: normaliseAmount(row.quota),
    limit5h: normaliseAmount(row.limit5h),
    limit1d: normaliseAmount(row.limit1d),
    limit7d: normaliseAmount(row.limit7d),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
