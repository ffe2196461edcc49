import { sealSecret, schema } from '@tollgate/db';
import { adminProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { normaliseUsd } from '../fields/number-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { requireSubscriptionGroup } from '../subscriptions/require-subscribers.ts';
import { mapBatch } from './map-redeem.ts';
import { buildRedeemPrefix, generateRedeemCode, hashRedeemCode } from './redeem-code-text.ts';
import { batchCreateSchema, batchOutputSchema, type BatchCreate, type Worth } from './redeem-schemas.ts';

const { redeemBatches, redeemCodes } = schema;
/** Rows of one insert: far below the number of parameters that a statement can have. */
const INSERT_ROWS = 1_000;

/** MON-12. The codes themselves are in the export alone. */
export const createBatch = adminProcedure
  .input(batchCreateSchema)
  .output(batchOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await checkBatch(change, input);
      const id = change.createId('redeemBatch');
      const { name, worth, count, expiresAt, note } = input;
      const [row] = await change.tx
        .insert(redeemBatches)
        .values({
          id,
          name,
          ...buildWorthColumns(worth),
          count,
          expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
          note: note ?? null,
          createdAt: change.now,
        })
        .returning();
      if (!row) throw new Error('the insert gave no row');
      await insertCodes(change, id, count);
      change.audit('redeem-batch.create', id, { ...input });
      return mapBatch(row, { redeemed: 0, revoked: 0 });
    }),
  );

async function checkBatch(change: Change, { worth, expiresAt }: BatchCreate): Promise<void> {
  if (worth.kind === 'subscription') await requireSubscriptionGroup(change.tx, worth.groupId);
  if (expiresAt !== undefined && new Date(expiresAt).getTime() <= change.now.getTime()) {
    throw buildProblem('invalid', 'expiresAt', 'must be in the future');
  }
}

function buildWorthColumns(worth: Worth) {
  return worth.kind === 'balance' ? { ...worth, amount: normaliseUsd(worth.amount) } : worth;
}

async function insertCodes(change: Change, batchId: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += INSERT_ROWS) {
    const length = Math.min(INSERT_ROWS, count - done);
    await change.tx.insert(redeemCodes).values(Array.from({ length }, () => buildCodeRow(change, batchId)));
  }
}

function buildCodeRow(change: Change, batchId: string) {
  const id = change.createId('redeemCode');
  const code = generateRedeemCode();
  return {
    id,
    batchId,
    hash: hashRedeemCode(code),
    sealedCode: sealSecret(code, change.services.secretKey, id),
    prefix: buildRedeemPrefix(code),
  };
}
