import { schema } from '@tollgate/db';
import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { normaliseUsd } from '../fields/number-fields.ts';
import { idField } from '../fields/text-fields.ts';

const { ledger } = schema;

const movementSchema = z.strictObject({
  id: z.string(),
  userId: z.string(),
  kind: z.enum(['use', 'top-up', 'adjustment', 'redeem', 'refund']),
  /** USD; negative = taken from the user. */
  amount: z.string(),
  attemptId: z.string().nullable(),
  note: z.string().nullable(),
  at: z.string(),
});

/** `<instant with microseconds>/<id>` */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\/([a-z]{3}_[0-9a-z]+)$/;

const inputSchema = z.strictObject({
  ...pageFields,
  cursor: z.string().regex(CURSOR, 'not a cursor').nullish(),
  userId: idField,
});

/** A user's movements, newest first. The cursor keeps microseconds: a Date would lose rows between two pages. */
export const listLedger = adminProcedure
  .input(inputSchema)
  .output(buildPageSchema(movementSchema))
  .query(async ({ ctx, input }) => {
    const [, at, id] = CURSOR.exec(input.cursor ?? '') ?? [];
    const atText = sql<string>`to_char(${ledger.at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    const rows = await ctx.services.db
      .select({ row: ledger, atText })
      .from(ledger)
      .where(
        and(
          eq(ledger.userId, input.userId),
          at && id ? sql`(${ledger.at}, ${ledger.id}) < (${at}::timestamptz, ${id})` : undefined,
        ),
      )
      .orderBy(desc(ledger.at), desc(ledger.id))
      .limit(input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      ({ row }) =>
        movementSchema.parse({ ...row, amount: normaliseUsd(row.amount), at: row.at.toISOString() }),
      (found) => `${found.atText}/${found.row.id}`,
    );
  });
