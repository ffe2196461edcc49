import { schema } from '@tollgate/db';
import { and, asc, eq, gt, isNotNull, isNull, lte, or, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';
import { mapCode } from './map-redeem.ts';
import { codeOutputSchema, codeStateField, type CodeState } from './redeem-schemas.ts';

const { redeemBatches, redeemCodes } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  batchId: idField.optional(),
  /** Redeemed by this user. */
  userId: idField.optional(),
  state: codeStateField.optional(),
});

/** In the order of their ids, without the codes themselves. */
export const listCodes = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(codeOutputSchema))
  .query(async ({ ctx, input }) => {
    const { db, clock } = ctx.services;
    const nowMs = clock.nowMs();
    const rows = await db
      .select({ code: redeemCodes, batch: redeemBatches })
      .from(redeemCodes)
      .innerJoin(redeemBatches, eq(redeemBatches.id, redeemCodes.batchId))
      .where(
        and(
          input.cursor ? gt(redeemCodes.id, input.cursor) : undefined,
          input.batchId ? eq(redeemCodes.batchId, input.batchId) : undefined,
          input.userId ? eq(redeemCodes.redeemedBy, input.userId) : undefined,
          input.state ? buildStateFilter(input.state, new Date(nowMs)) : undefined,
        ),
      )
      .orderBy(asc(redeemCodes.id))
      .limit(input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      ({ code, batch }) => mapCode(code, batch, nowMs),
      ({ code }) => code.id,
    );
  });

/** The same as `selectCodeState`, in SQL. */
function buildStateFilter(state: CodeState, now: Date): SQL | undefined {
  if (state === 'redeemed') return isNotNull(redeemCodes.redeemedAt);
  if (state === 'revoked') return isNotNull(redeemCodes.revokedAt);
  const isOpen = and(isNull(redeemCodes.redeemedAt), isNull(redeemCodes.revokedAt));
  const { expiresAt } = redeemBatches;
  return and(isOpen, state === 'expired' ? lte(expiresAt, now) : or(isNull(expiresAt), gt(expiresAt, now)));
}
