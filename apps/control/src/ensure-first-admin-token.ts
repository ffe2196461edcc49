import { randomBytes } from 'node:crypto';
import { createId, systemClock, type Clock } from '@tollgate/core';
import { hashKey, schema, type Database, type Transaction } from '@tollgate/db';
import { and, eq, sql } from 'drizzle-orm';

const TOKEN_BYTES = 32;
const ACTION = 'admin-token.create';
/** Any 64-bit number: two control planes that start at once make one token. */
const BOOTSTRAP_LOCK = 3_380_144_902_115_006n;

export interface FirstTokenOptions {
  /** TOLLGATE_ADMIN_TOKEN; absent = a random one. */
  given?: string | null | undefined;
  clock?: Clock;
}

/**
 * Stores the first admin token when there is none, and gives its plain text: then and never again. null = there
 * is one already, or there was: one that was revoked does not come back with the next start. A given token is not
 * looked at then.
 */
export function ensureFirstAdminToken(
  db: Database,
  { given, clock = systemClock }: FirstTokenOptions = {},
): Promise<string | null> {
  return db.transaction(async (tx) => {
    await tx.execute(sql.raw(`select pg_advisory_xact_lock(${BOOTSTRAP_LOCK})`));
    const [existing] = await tx.select({ id: schema.adminTokens.id }).from(schema.adminTokens).limit(1);
    if (existing || (await wasMadeBefore(tx))) return null;
    const token = given ?? `tga_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const id = createId('adminToken', clock.nowMs());
    await tx.insert(schema.adminTokens).values({ id, name: 'first', hash: hashKey(token) });
    const detail = { name: 'first', origin: given ? 'configuration' : 'generated' };
    await tx.insert(schema.audit).values({ actor: 'system', action: ACTION, target: id, detail });
    return token;
  });
}

async function wasMadeBefore(tx: Transaction): Promise<boolean> {
  const { action, actor, id } = schema.audit;
  const rows = await tx
    .select({ id })
    .from(schema.audit)
    .where(and(eq(action, ACTION), eq(actor, 'system')))
    .limit(1);
  return rows.length > 0;
}
