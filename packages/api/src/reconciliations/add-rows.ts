import { schema, type Transaction } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildProblem } from '../problems/problem.ts';
import { addRowsSchema } from './reconciliation-schemas.ts';

const { reconciliationItems, reconciliations } = schema;
const ITEMS_MAX = 1_000_000;

/** One part of an export after the other; a part that is sent twice counts once. No change of configuration: no lock. */
export const addRows = adminProcedure
  .input(addRowsSchema)
  .output(z.strictObject({ parts: z.int(), items: z.int() }))
  .mutation(({ ctx, input: { id, part, rows } }) =>
    ctx.services.db.transaction(async (tx) => {
      const { parts, items } = await lockOpen(tx, id);
      if (part < parts) return { parts, items };
      if (part > parts) throw buildProblem('conflict', 'part', `part ${parts} has not come yet`);
      const sum = items + rows.length;
      if (sum > ITEMS_MAX)
        throw buildProblem('invalid', 'rows', `more than ${ITEMS_MAX} rows: split the export`);
      await tx.insert(reconciliationItems).values(
        rows.map(({ from, to, costUsd, ...row }, index) => ({
          ...row,
          reconciliationId: id,
          n: items + index,
          fromAt: new Date(from),
          toAt: new Date(to),
          cost: costUsd,
        })),
      );
      await tx
        .update(reconciliations)
        .set({ parts: parts + 1, items: sum })
        .where(eq(reconciliations.id, id));
      return { parts: parts + 1, items: sum };
    }),
  );

/** Parts that come at once wait for each other. */
export async function lockOpen(tx: Transaction, id: string) {
  const [row] = await tx.select().from(reconciliations).where(eq(reconciliations.id, id)).for('update');
  if (!row) throw buildProblem('not-found', 'id', `no such reconciliation: ${id}`);
  if (row.status === 'done') throw buildProblem('conflict', 'id', `reconciliation ${id} is done already`);
  return row;
}
