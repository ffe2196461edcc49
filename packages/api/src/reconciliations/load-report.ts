import { schema, type Database, type Transaction } from '@tollgate/db';
import { eq, sum } from 'drizzle-orm';
import type { z } from 'zod';
import { buildProblem } from '../problems/problem.ts';
import { mapCounts, mapReconciliation, subtractCounts } from './map-reconciliation.ts';
import type { Counts, reportSchema } from './reconciliation-schemas.ts';

const { reconciliationRows: rows, reconciliations } = schema;

const NO_COUNTS: Counts = {
  requests: null,
  inputTokens: null,
  cacheReadTokens: null,
  cacheWrite5mTokens: null,
  cacheWrite1hTokens: null,
  outputTokens: null,
  webSearchRequests: null,
  costUsd: null,
};

/** With the sums over all periods and models; throws a not-found problem. */
export async function loadReport(
  db: Database | Transaction,
  id: string,
): Promise<z.infer<typeof reportSchema>> {
  const [found] = await db.select().from(reconciliations).where(eq(reconciliations.id, id));
  if (!found) throw buildProblem('not-found', 'id', `no such reconciliation: ${id}`);
  const sums = await db
    .select({
      side: rows.side,
      requests: sumNumber(rows.requests),
      inputTokens: sumNumber(rows.inputTokens),
      cacheReadTokens: sumNumber(rows.cacheReadTokens),
      cacheWrite5mTokens: sumNumber(rows.cacheWrite5mTokens),
      cacheWrite1hTokens: sumNumber(rows.cacheWrite1hTokens),
      outputTokens: sumNumber(rows.outputTokens),
      webSearchRequests: sumNumber(rows.webSearchRequests),
      cost: sum(rows.cost),
    })
    .from(rows)
    .where(eq(rows.reconciliationId, id))
    .groupBy(rows.side);
  const find = (side: string): Counts => {
    const one = sums.find((row) => row.side === side);
    return one ? mapCounts(one) : NO_COUNTS;
  };
  const [ours, theirs] = [find('ours'), find('theirs')];
  const totals = { ours, theirs, difference: subtractCounts(theirs, ours) };
  return { ...mapReconciliation(found), totals };
}

function sumNumber(column: Parameters<typeof sum>[0]) {
  return sum(column).mapWith(Number);
}
