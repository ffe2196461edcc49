import type { Database } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { normaliseUsd } from '../fields/number-fields.ts';
import { idField } from '../fields/text-fields.ts';

export const movementSchema = z.strictObject({
  id: z.string(),
  userId: z.string(),
  kind: z.enum(['use', 'top-up', 'adjustment', 'redeem', 'refund']),
  /** USD; negative = taken from the user. */
  amount: z.string(),
  /** USD after this movement; the first row's is the present balance. */
  balance: z.string(),
  attemptId: z.string().nullable(),
  note: z.string().nullable(),
  at: z.string(),
});

type Movement = z.infer<typeof movementSchema>;

/** `<instant with microseconds>/<id>` */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\/([a-z]{3}_[0-9a-z]+)$/;

export const ledgerInputSchema = z.strictObject({
  ...pageFields,
  cursor: z.string().regex(CURSOR, 'not a cursor').nullish(),
  userId: idField,
});

interface LedgerRow {
  id: string;
  user_id: string;
  kind: string;
  amount: string;
  attempt_id: string | null;
  note: string | null;
  at_text: string;
  balance: string;
}

/** A user's movements, newest first. The cursor keeps microseconds: a Date would lose rows between two pages. */
export const listLedger = adminProcedure
  .input(ledgerInputSchema)
  .output(buildPageSchema(movementSchema))
  .query(({ ctx, input }) => loadLedgerPage(ctx.services.db, input));

export async function loadLedgerPage(
  db: Database,
  { userId, cursor, limit }: z.infer<typeof ledgerInputSchema>,
): Promise<{ items: Movement[]; nextCursor: string | null }> {
  const [, at, id] = CURSOR.exec(cursor ?? '') ?? [];
  const after = at && id ? { at, id } : null;
  const rows = await loadMovements(db, userId, after, limit + 1);
  return buildPage(rows, limit, mapMovement, (row) => `${row.at_text}/${row.id}`);
}

/**
 * Balances run back from the present one, less all that is newer than the page: both of one moment, and exact
 * whatever is booked meanwhile. Of a user who is gone the ledger alone says what the balance was.
 */
async function loadMovements(
  db: Database,
  userId: string,
  after: { at: string; id: string } | null,
  limit: number,
): Promise<LedgerRow[]> {
  const isOlder = after ? db.sql`and (at, id) < (${after.at}::timestamptz, ${after.id})` : db.sql``;
  const isNewer = after ? db.sql`(at, id) >= (${after.at}::timestamptz, ${after.id})` : db.sql`false`;
  return db.sql<LedgerRow[]>`
    with page as (
      select * from ledger where user_id = ${userId} ${isOlder} order by at desc, id desc limit ${limit}
    ), present as (
      select coalesce(
        (select balance from users where id = ${userId}),
        (select sum(amount) from ledger where user_id = ${userId})
      ) - coalesce((select sum(amount) from ledger where user_id = ${userId} and ${isNewer}), 0) as balance
    )
    select page.id, page.user_id, page.kind, page.amount, page.attempt_id, page.note,
      to_char(page.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at_text,
      present.balance + page.amount - sum(page.amount) over (order by page.at desc, page.id desc) as balance
    from page, present
    order by page.at desc, page.id desc`;
}

function mapMovement(row: LedgerRow): Movement {
  return movementSchema.parse({
    id: row.id,
    userId: row.user_id,
    kind: row.kind,
    amount: normaliseUsd(row.amount),
    balance: normaliseUsd(row.balance),
    attemptId: row.attempt_id,
    note: row.note,
    at: new Date(row.at_text).toISOString(),
  });
}
