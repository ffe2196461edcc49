import { PLATFORMS } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { and, asc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { statusField } from '../fields/text-fields.ts';
import { groupOutputSchema } from './group-schemas.ts';
import { mapGroup } from './map-group.ts';

const { groups } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  platform: z.enum(PLATFORMS).optional(),
  status: statusField.optional(),
});

/** Oldest first. */
export const listGroups = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(groupOutputSchema))
  .query(async ({ ctx, input }) => {
    const rows = await ctx.services.db
      .select()
      .from(groups)
      .where(
        and(
          input.cursor ? gt(groups.id, input.cursor) : undefined,
          input.platform ? eq(groups.platform, input.platform) : undefined,
          input.status ? eq(groups.status, input.status) : undefined,
        ),
      )
      .orderBy(asc(groups.id))
      .limit(input.limit + 1);
    return buildPage(rows, input.limit, mapGroup, (row) => row.id);
  });
