import { formatUsd, parseUsd, picoUsd } from '@tollgate/core';
import type { schema } from '@tollgate/db';
import { normaliseUsd } from '../fields/number-fields.ts';
import { reconciliationOutputSchema, type Counts, type Reconciliation } from './reconciliation-schemas.ts';

export type ReconciliationRow = typeof schema.reconciliations.$inferSelect;

const FIGURES = [
  'requests',
  'inputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'webSearchRequests',
] as const;

export function mapReconciliation(row: ReconciliationRow): Reconciliation {
  const { id, accountId, accountName, provider, fileName, status, items, matchedBy } = row;
  return reconciliationOutputSchema.parse({
    id,
    accountId,
    accountName,
    provider,
    fileName,
    status,
    items,
    matchedBy,
    from: row.fromAt?.toISOString() ?? null,
    to: row.toAt?.toISOString() ?? null,
    missingOurs: row.missingOurs,
    missingTheirs: row.missingTheirs,
    missingSample: row.missingSample,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });
}

type CountColumns = Record<(typeof FIGURES)[number], number | null> & { cost: string | null };

export function mapCounts(row: CountColumns): Counts {
  const { requests, inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = row;
  return {
    requests,
    inputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens,
    outputTokens: row.outputTokens,
    webSearchRequests: row.webSearchRequests,
    costUsd: row.cost === null ? null : normaliseUsd(row.cost),
  };
}

/** theirs − ours; null where one of them does not say. */
export function subtractCounts(theirs: Counts, ours: Counts): Counts {
  const costUsd =
    theirs.costUsd === null || ours.costUsd === null
      ? null
      : formatUsd(picoUsd(parseUsd(theirs.costUsd) - parseUsd(ours.costUsd)));
  const figures = FIGURES.map((name) => {
    const [a, b] = [theirs[name], ours[name]];
    return [name, a === null || b === null ? null : a - b] as const;
  });
  return { ...ours, ...Object.fromEntries(figures), costUsd };
}
