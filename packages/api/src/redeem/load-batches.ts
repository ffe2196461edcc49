import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, count, eq, inArray, type SQL } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import { mapBatch, type BatchRow } from './map-redeem.ts';
import type { RedeemBatch } from './redeem-schemas.ts';

const { redeemBatches, redeemCodes } = schema;

/** With how many of their codes are used and revoked, oldest first. */
export async function loadBatches(
  db: Database | Transaction,
  where: SQL | undefined,
  limit: number,
): Promise<RedeemBatch[]> {
  const rows = await db.select().from(redeemBatches).where(where).orderBy(asc(redeemBatches.id)).limit(limit);
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const counts = await db
    .select({
      batchId: redeemCodes.batchId,
      redeemed: count(redeemCodes.redeemedAt),
      revoked: count(redeemCodes.revokedAt),
    })
    .from(redeemCodes)
    .where(inArray(redeemCodes.batchId, ids))
    .groupBy(redeemCodes.batchId);
  const byBatch = new Map(counts.map(({ batchId, redeemed, revoked }) => [batchId, { redeemed, revoked }]));
  return rows.map((row) => mapBatch(row, byBatch.get(row.id) ?? { redeemed: 0, revoked: 0 }));
}

/** Throws a not-found problem. */
export async function loadBatchRow(db: Database | Transaction, id: string): Promise<BatchRow> {
  const [row] = await db.select().from(redeemBatches).where(eq(redeemBatches.id, id));
  if (!row) throw buildProblem('not-found', 'batchId', `no such batch: ${id}`);
  return row;
}
