import { schema } from '@tollgate/db';
import { and, asc, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';
import { mapCounts, subtractCounts } from './map-reconciliation.ts';
import { driftRowSchema, type DriftRow } from './reconciliation-schemas.ts';

const ours = alias(schema.reconciliationRows, 'ours');
const theirs = alias(schema.reconciliationRows, 'theirs');

/** `<first moment>/<model>` */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/(.{1,256})$/s;

const inputSchema = z.strictObject({
  ...pageFields,
  cursor: z.string().regex(CURSOR, 'not a cursor').nullish(),
  id: idField,
  /** Leaves out periods and models in which both sides say the same. */
  driftOnly: z.boolean().default(false),
});

/** What the sides do not both speak of is no drift. */
const HAS_DRIFT = sql.join(
  [
    sql`${theirs.requests} <> ${ours.requests}`,
    sql`${theirs.inputTokens} <> ${ours.inputTokens}`,
    sql`${theirs.cacheReadTokens} <> ${ours.cacheReadTokens}`,
    sql`${theirs.cacheWrite5mTokens} <> ${ours.cacheWrite5mTokens}`,
    sql`${theirs.cacheWrite1hTokens} <> ${ours.cacheWrite1hTokens}`,
    sql`${theirs.outputTokens} <> ${ours.outputTokens}`,
    sql`${theirs.webSearchRequests} <> ${ours.webSearchRequests}`,
    sql`${theirs.cost} <> ${ours.cost}`,
  ],
  sql` or `,
);

/** By time, then by model. */
export const listDrift = adminProcedure
  .input(inputSchema)
  .output(buildPageSchema(driftRowSchema))
  .query(async ({ ctx, input }) => {
    const [, at, model] = CURSOR.exec(input.cursor ?? '') ?? [];
    const rows = await ctx.services.db
      .select({ ours, theirs })
      .from(ours)
      .innerJoin(
        theirs,
        and(
          eq(theirs.reconciliationId, ours.reconciliationId),
          eq(theirs.fromAt, ours.fromAt),
          eq(theirs.model, ours.model),
          eq(theirs.side, 'theirs'),
        ),
      )
      .where(
        and(
          eq(ours.reconciliationId, input.id),
          eq(ours.side, 'ours'),
          input.driftOnly ? sql`(${HAS_DRIFT})` : undefined,
          at && model ? sql`(${ours.fromAt}, ${ours.model}) > (${at}::timestamptz, ${model})` : undefined,
        ),
      )
      .orderBy(asc(ours.fromAt), asc(ours.model))
      .limit(input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      mapDriftRow,
      (row) => `${row.ours.fromAt.toISOString()}/${row.ours.model}`,
    );
  });

type CountsRow = typeof schema.reconciliationRows.$inferSelect;

function mapDriftRow(row: { ours: CountsRow; theirs: CountsRow }): DriftRow {
  const [our, their] = [mapCounts(row.ours), mapCounts(row.theirs)];
  return {
    from: row.ours.fromAt.toISOString(),
    to: row.ours.toAt.toISOString(),
    model: row.ours.model,
    ours: our,
    theirs: their,
    difference: subtractCounts(their, our),
  };
}
