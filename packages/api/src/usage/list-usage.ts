import { listUsage as queryUsage } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPageSchema } from '../fields/page-fields.ts';
import { buildUsageQuery, selectUsageCursor, usageFields } from './usage-fields.ts';
import { usageRowSchema } from './usage-row-schema.ts';

const inputSchema = z.strictObject(usageFields);

/** Newest first. A full page has a cursor, so the page after the last row may be empty. */
export const listUsage = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(usageRowSchema))
  .query(async ({ ctx, input }) => {
    const items = await queryUsage(ctx.services.db, buildUsageQuery(input));
    return { items, nextCursor: selectUsageCursor(items, input.limit) };
  });
