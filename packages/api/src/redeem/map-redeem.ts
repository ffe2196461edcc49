import type { schema } from '@tollgate/db';
import { normaliseUsd } from '../fields/number-fields.ts';
import type { CodeState, RedeemBatch, RedeemCode, Worth } from './redeem-schemas.ts';

export type BatchRow = typeof schema.redeemBatches.$inferSelect;
export type CodeRow = typeof schema.redeemCodes.$inferSelect;

/** The table's checks keep the columns of the kind filled. */
export function mapWorth(batch: BatchRow): Worth {
  if (batch.kind === 'balance') return { kind: 'balance', amount: normaliseUsd(batch.amount ?? '0') };
  if (batch.kind === 'concurrency') return { kind: 'concurrency', concurrency: batch.concurrency ?? 0 };
  return { kind: 'subscription', groupId: batch.groupId ?? '', days: batch.days ?? 0 };
}

export function mapBatch(row: BatchRow, counts: { redeemed: number; revoked: number }): RedeemBatch {
  const { id, name, count, note } = row;
  return {
    id,
    name,
    worth: mapWorth(row),
    count,
    ...counts,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    note,
    createdAt: row.createdAt.toISOString(),
  };
}

export function mapCode(row: CodeRow, batch: Pick<BatchRow, 'expiresAt'>, nowMs: number): RedeemCode {
  const { id, batchId, prefix, redeemedBy } = row;
  return {
    id,
    batchId,
    prefix,
    state: selectCodeState(row, batch, nowMs),
    redeemedAt: row.redeemedAt?.toISOString() ?? null,
    redeemedBy,
  };
}

/** By time, as for subscriptions: nobody writes down that a code has expired. */
export function selectCodeState(
  code: Pick<CodeRow, 'redeemedAt' | 'revokedAt'>,
  { expiresAt }: Pick<BatchRow, 'expiresAt'>,
  nowMs: number,
): CodeState {
  if (code.redeemedAt !== null) return 'redeemed';
  if (code.revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt.getTime() <= nowMs ? 'expired' : 'unused';
}
