import { KEY_WINDOW_MS } from '@tollgate/core';
import { schema, type Database, type Transaction } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { normaliseAmount, normaliseUsd } from '../fields/number-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { showWindow, windowSchema } from '../windows/show-window.ts';

/** LIM-9: what a key has spent at one moment, as far as it is booked (normally all but the last second). */
export const keyUsageSchema = z.strictObject({
  keyId: z.string(),
  /** Of all time, or since it was reset; it never ends by itself. */
  total: z.strictObject({ limit: z.string().nullable(), spent: z.string() }),
  '5h': windowSchema,
  '1d': windowSchema,
  '7d': windowSchema,
});

export type KeyUsage = z.infer<typeof keyUsageSchema>;

/** Throws a not-found problem. */
export async function loadKeyUsage(
  db: Database | Transaction,
  keyId: string,
  nowMs: number,
): Promise<KeyUsage> {
  const [row] = await db.select().from(schema.keys).where(eq(schema.keys.id, keyId));
  if (!row) throw buildProblem('not-found', '', `no such key: ${keyId}`);
  const show = (limit: string | null, spent: string, startedAt: Date | null, window: '5h' | '1d' | '7d') =>
    showWindow({ limit, spent, startedAt }, KEY_WINDOW_MS[window], nowMs);
  return {
    keyId,
    total: { limit: normaliseAmount(row.quota), spent: normaliseUsd(row.spentTotal) },
    '5h': show(row.limit5h, row.spent5h, row.started5h, '5h'),
    '1d': show(row.limit1d, row.spent1d, row.started1d, '1d'),
    '7d': show(row.limit7d, row.spent7d, row.started7d, '7d'),
  };
}
