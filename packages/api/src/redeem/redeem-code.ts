import { schema } from '@tollgate/db';
import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadUser } from '../users/load-user.ts';
import { userOutputSchema } from '../users/user-schemas.ts';
import { applyWorth } from './apply-worth.ts';
import { mapWorth, selectCodeState, type BatchRow, type CodeRow } from './map-redeem.ts';
import { batchOutputSchema, type CodeState } from './redeem-schemas.ts';
import { hashRedeemCode } from './redeem-code-text.ts';

const { redeemBatches, redeemCodes } = schema;

/** As typed: letter case, dashes and spaces are no matter. */
export const codeTextField = z.string().min(1).max(100);

const inputSchema = z.strictObject({ userId: idField, code: codeTextField });

const outputSchema = z.strictObject({
  codeId: z.string(),
  worth: batchOutputSchema.shape.worth,
  /** As the user is now. */
  user: userOutputSchema,
  /** The subscription that the code made or made longer; null = another kind. */
  subscriptionId: z.string().nullable(),
});

/** MON-12: a code is good once, whoever comes how often and at the same time. */
export const redeemCode = adminProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(({ ctx, input: { userId, code } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, (change) => redeemFor(change, userId, code)),
  );

/** Takes the code `text` and gives the user what it is worth. */
export async function redeemFor(
  change: Change,
  userId: string,
  text: string,
): Promise<z.infer<typeof outputSchema>> {
  await loadUser(change.tx, { id: userId });
  const { code, batch } = await takeCode(change, text, userId);
  const subscriptionId = await applyWorth(change, { code, batch, userId });
  const worth = mapWorth(batch);
  change.audit('redeem-code.redeem', code.id, { userId, batchId: batch.id, ...worth });
  return { codeId: code.id, worth, user: await loadUser(change.tx, { id: userId }), subscriptionId };
}

/** The row is taken by one conditional update: of any number at once, one finds it unused. */
async function takeCode(
  change: Change,
  text: string,
  userId: string,
): Promise<{ code: CodeRow; batch: BatchRow }> {
  const found = await findCode(change, text);
  if (!found) throw buildProblem('not-found', 'code', 'no such code');
  requireUnused(selectCodeState(found.code, found.batch, change.now.getTime()));
  const isUnused = and(isNull(redeemCodes.redeemedAt), isNull(redeemCodes.revokedAt));
  const [taken] = await change.tx
    .update(redeemCodes)
    .set({ redeemedAt: change.now, redeemedBy: userId })
    .where(and(eq(redeemCodes.id, found.code.id), isUnused))
    .returning();
  if (!taken) throw buildProblem('conflict', 'code', REFUSALS.redeemed);
  return { code: taken, batch: found.batch };
}

async function findCode(change: Change, text: string) {
  const [found] = await change.tx
    .select({ code: redeemCodes, batch: redeemBatches })
    .from(redeemCodes)
    .innerJoin(redeemBatches, eq(redeemBatches.id, redeemCodes.batchId))
    .where(eq(redeemCodes.hash, hashRedeemCode(text)));
  return found;
}

const REFUSALS = {
  redeemed: 'the code was redeemed already',
  revoked: 'the code was revoked',
  expired: 'the code has expired',
} as const;

function requireUnused(state: CodeState): void {
  if (state !== 'unused') throw buildProblem('conflict', 'code', REFUSALS[state]);
}
