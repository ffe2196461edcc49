import { schema } from '@tollgate/db';
import { and, desc, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';
import { mapReconciliation } from './map-reconciliation.ts';
import { reconciliationOutputSchema } from './reconciliation-schemas.ts';

const { reconciliations } = schema;
const inputSchema = z.strictObject({ ...pageFields, accountId: idField.optional() });

/** Newest first. */
export const listReconciliations = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(reconciliationOutputSchema))
  .query(async ({ ctx, input }) => {
    const rows = await ctx.services.db
      .select()
      .from(reconciliations)
      .where(
        and(
          input.cursor ? lt(reconciliations.id, input.cursor) : undefined,
          input.accountId ? eq(reconciliations.accountId, input.accountId) : undefined,
        ),
      )
      .orderBy(desc(reconciliations.id))
      .limit(input.limit + 1);
    return buildPage(rows, input.limit, mapReconciliation, (row) => row.id);
  });
