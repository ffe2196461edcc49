import { schema } from '@tollgate/db';
import { gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { loadBatches } from './load-batches.ts';
import { batchOutputSchema } from './redeem-schemas.ts';

/** Oldest first. */
export const listBatches = adminProcedure
  .input(z.strictObject(pageFields).prefault({}))
  .output(buildPageSchema(batchOutputSchema))
  .query(async ({ ctx, input }) => {
    const where = input.cursor ? gt(schema.redeemBatches.id, input.cursor) : undefined;
    const batches = await loadBatches(ctx.services.db, where, input.limit + 1);
    return buildPage(
      batches,
      input.limit,
      (batch) => batch,
      ({ id }) => id,
    );
  });
