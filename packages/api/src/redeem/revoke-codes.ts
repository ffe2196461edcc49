import { schema } from '@tollgate/db';
import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadBatchRow } from './load-batches.ts';

const { redeemCodes } = schema;
const inputSchema = z.union([z.strictObject({ codeId: idField }), z.strictObject({ batchId: idField })]);

/** One code, or what is unused of a batch. What was redeemed stays redeemed: for one code that is a conflict. */
export const revokeCodes = adminProcedure
  .input(inputSchema)
  .output(z.strictObject({ revoked: z.int() }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      if ('batchId' in input) await loadBatchRow(change.tx, input.batchId);
      else await requireNotRedeemed(change, input.codeId);
      const which =
        'batchId' in input ? eq(redeemCodes.batchId, input.batchId) : eq(redeemCodes.id, input.codeId);
      const rows = await change.tx
        .update(redeemCodes)
        .set({ revokedAt: change.now })
        .where(and(which, isNull(redeemCodes.redeemedAt), isNull(redeemCodes.revokedAt)))
        .returning({ id: redeemCodes.id });
      const target = 'batchId' in input ? input.batchId : input.codeId;
      if (rows.length > 0) change.audit('redeem-code.revoke', target, { revoked: rows.length });
      return { revoked: rows.length };
    }),
  );

async function requireNotRedeemed({ tx }: Change, codeId: string): Promise<void> {
  const [row] = await tx.select().from(redeemCodes).where(eq(redeemCodes.id, codeId));
  if (!row) throw buildProblem('not-found', 'codeId', `no such code: ${codeId}`);
  if (row.redeemedAt) throw buildProblem('conflict', 'codeId', 'the code was redeemed already');
}
