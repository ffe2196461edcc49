import { openSecret, schema } from '@tollgate/db';
import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import type { ApiServices } from '../base/context.ts';
import { runChange } from '../change/run-change.ts';
import { encodeCsv } from '../csv/encode-csv.ts';
import { idField } from '../fields/text-fields.ts';
import { loadBatchRow } from './load-batches.ts';
import { mapWorth, selectCodeState, type BatchRow, type CodeRow } from './map-redeem.ts';

const { redeemCodes } = schema;
const COLUMNS = ['code', 'state', 'kind', 'worth', 'expires_at', 'redeemed_at', 'redeemed_by'];

/**
 * The batch's codes in plain, as CSV: a mutation, since who sees secrets is written down.
 * `worth`: USD, parallel requests or days, as the kind says.
 */
export const exportCodes = adminProcedure
  .input(z.strictObject({ batchId: idField }))
  .output(z.strictObject({ fileName: z.string(), csv: z.string() }))
  .mutation(({ ctx, input: { batchId } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const batch = await loadBatchRow(change.tx, batchId);
      const codes = await change.tx
        .select()
        .from(redeemCodes)
        .where(eq(redeemCodes.batchId, batchId))
        .orderBy(asc(redeemCodes.id));
      change.audit('redeem-batch.export', batchId, { count: codes.length });
      const rows = codes.map((code) => buildRow(change.services, code, batch, change.now.getTime()));
      return { fileName: `${batchId}.csv`, csv: encodeCsv(COLUMNS, rows) };
    }),
  );

function buildRow(services: ApiServices, code: CodeRow, batch: BatchRow, nowMs: number) {
  const worth = mapWorth(batch);
  return [
    openSecret(code.sealedCode, services.secretKey, code.id),
    selectCodeState(code, batch, nowMs),
    worth.kind,
    'amount' in worth ? worth.amount : 'days' in worth ? worth.days : worth.concurrency,
    batch.expiresAt?.toISOString() ?? null,
    code.redeemedAt?.toISOString() ?? null,
    code.redeemedBy,
  ];
}
