import type { AlertDimension, AlertFilter } from '@tollgate/core';
import { schema, type Transaction } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import { ProblemError } from '../problems/problem.ts';

const TABLES = {
  account: schema.accounts,
  group: schema.groups,
  user: schema.users,
  key: schema.keys,
} as const satisfies Partial<Record<AlertDimension, object>>;

/** Ids of what there is not would match nothing, silently. Throws a problem that names them. */
export async function requireFilterTargets(tx: Transaction, filter: AlertFilter): Promise<void> {
  const problems = [];
  for (const dimension of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
    const missing = await listMissing(tx, dimension, filter[dimension] ?? []);
    for (const id of missing)
      problems.push({ path: `filter.${dimension}`, message: `no such ${dimension}: ${id}` });
  }
  if (problems.length > 0) throw new ProblemError('not-found', problems);
}

async function listMissing(
  tx: Transaction,
  dimension: keyof typeof TABLES,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { id } = TABLES[dimension];
  const rows = await tx
    .select({ id })
    .from(TABLES[dimension])
    .where(inArray(id, [...ids]));
  const found = new Set(rows.map((row) => row.id));
  return ids.filter((one) => !found.has(one));
}
