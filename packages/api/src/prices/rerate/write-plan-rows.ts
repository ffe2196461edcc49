import { formatUsd, parseUsd, type PicoUsd } from '@tollgate/core';
import { schema, type Transaction } from '@tollgate/db';
import type { ImagePrices, PriceBook } from '@tollgate/pricing';
import { and, eq, gte, inArray, isNull, lt, sql, type SQL } from 'drizzle-orm';
import { buildProblem } from '../../problems/problem.ts';
import { rateRow, type RateableRow } from './rate-row.ts';

const { groups, rerateRows, usage } = schema;

const PAGE_ROWS = 2_000;
/** Minutes of work; who has more makes a plan a week. */
const ROWS_MAX = 2_000_000;

export interface RerateScope {
  from: Date;
  to: Date;
  userId?: string | undefined;
  groupId?: string | undefined;
  upstreamModel?: string | undefined;
  /** Only attempts that have no price yet. */
  unpricedOnly: boolean;
}

export interface PlanCounts {
  rowsSeen: number;
  rowsChanged: number;
  rowsUnpriced: number;
}

/** Looks at every attempt of the scope, and writes down those that would cost another sum. */
export async function writePlanRows(
  tx: Transaction,
  planId: string,
  scope: RerateScope,
  book: PriceBook,
): Promise<PlanCounts> {
  const counts: PlanCounts = { rowsSeen: 0, rowsChanged: 0, rowsUnpriced: 0 };
  const imagePrices = await loadImagePrices(tx);
  let last: RateableRow | undefined;
  for (;;) {
    const page = await readPage(tx, scope, last);
    const changed = page.flatMap((row) => planRow(planId, row, book, imagePrices, counts));
    if (changed.length > 0) await tx.insert(rerateRows).values(changed);
    counts.rowsSeen += page.length;
    counts.rowsChanged += changed.length;
    if (counts.rowsSeen > ROWS_MAX) {
      throw buildProblem('invalid', 'from', `more than ${ROWS_MAX} attempts: choose a shorter period`);
    }
    last = page.at(-1);
    if (page.length < PAGE_ROWS) return counts;
  }
}

function planRow(
  planId: string,
  row: RateableRow,
  book: PriceBook,
  imagePrices: ReadonlyMap<string, ImagePrices>,
  counts: PlanCounts,
): (typeof rerateRows.$inferInsert)[] {
  const { costs, isUnpriced, isChanged } = rateRow(row, book, imagePrices.get(row.groupId) ?? null);
  if (isUnpriced) counts.rowsUnpriced += 1;
  if (costs === null || !isChanged) return [];
  return [
    {
      planId,
      attemptId: row.attemptId,
      at: row.at,
      userId: row.userId,
      upstreamModel: row.upstreamModel,
      state: row.state,
      paidFromBalance: row.subscriptionId === null,
      oldVersion: row.priceVersion,
      oldStandard: row.standardCost,
      oldActual: row.actualCost,
      newStandard: formatUsd(costs.standard),
      newActual: formatUsd(costs.actual),
    },
  ];
}

/** Attempts whose usage is known, in the order of their time. */
function readPage(
  tx: Transaction,
  scope: RerateScope,
  last: RateableRow | undefined,
): Promise<RateableRow[]> {
  const { userId, groupId, upstreamModel, unpricedOnly } = scope;
  return tx
    .select(COLUMNS)
    .from(usage)
    .where(
      and(
        gte(usage.at, scope.from),
        lt(usage.at, scope.to),
        inArray(usage.state, ['settled', 'estimated', 'failed']),
        userId === undefined ? undefined : eq(usage.userId, userId),
        groupId === undefined ? undefined : eq(usage.groupId, groupId),
        upstreamModel === undefined ? undefined : eq(usage.upstreamModel, upstreamModel),
        unpricedOnly ? isNull(usage.priceVersion) : undefined,
        last && isAfter(last),
      ),
    )
    .orderBy(usage.at, usage.attemptId)
    .limit(PAGE_ROWS);
}

function isAfter({ at, attemptId }: RateableRow): SQL {
  return sql`(${usage.at}, ${usage.attemptId}) > (${at.toISOString()}::timestamptz, ${attemptId})`;
}

/** As they are now: usage rows do not keep the group's prices. */
async function loadImagePrices(tx: Transaction): Promise<Map<string, ImagePrices>> {
  const rows = await tx
    .select({
      id: groups.id,
      '1k': groups.imagePrice1k,
      '2k': groups.imagePrice2k,
      '4k': groups.imagePrice4k,
    })
    .from(groups);
  return new Map(
    rows.map((row) => [
      row.id,
      { '1k': parsePrice(row['1k']), '2k': parsePrice(row['2k']), '4k': parsePrice(row['4k']) },
    ]),
  );
}

function parsePrice(usd: string | null): PicoUsd | null {
  return usd === null ? null : parseUsd(usd);
}

const COLUMNS = {
  attemptId: usage.attemptId,
  at: usage.at,
  userId: usage.userId,
  groupId: usage.groupId,
  upstreamModel: usage.upstreamModel,
  state: usage.state,
  subscriptionId: usage.subscriptionId,
  inputTokens: usage.inputTokens,
  cacheReadTokens: usage.cacheReadTokens,
  cacheWrite5mTokens: usage.cacheWrite5mTokens,
  cacheWrite1hTokens: usage.cacheWrite1hTokens,
  outputTokens: usage.outputTokens,
  reasoningTokens: usage.reasoningTokens,
  toolPromptTokens: usage.toolPromptTokens,
  webSearchRequests: usage.webSearchRequests,
  extra: usage.extra,
  media: usage.media,
  priceVersion: usage.priceVersion,
  rateMultiplier: usage.rateMultiplier,
  standardCost: usage.standardCost,
  actualCost: usage.actualCost,
};
