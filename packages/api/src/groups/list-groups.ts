import { PLATFORMS } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildAfter, buildOrder, buildSearch, orderField, searchField } from '../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { statusField } from '../fields/text-fields.ts';
import { groupOutputSchema } from './group-schemas.ts';
import { mapGroup } from './map-group.ts';

const { groups } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  platform: z.enum(PLATFORMS).optional(),
  status: statusField.optional(),
  search: searchField,
  order: orderField,
});

/** Oldest first, unless asked otherwise. */
export const listGroups = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(groupOutputSchema))
  .query(async ({ ctx, input }) => {
    const rows = await ctx.services.db
      .select()
      .from(groups)
      .where(
        and(
          buildAfter(groups.id, input.order, input.cursor),
          buildSearch(groups.name, input.search),
          input.platform ? eq(groups.platform, input.platform) : undefined,
          input.status ? eq(groups.status, input.status) : undefined,
        ),
      )
      .orderBy(buildOrder(groups.id, input.order))
      .limit(input.limit + 1);
    return buildPage(rows, input.limit, mapGroup, (row) => row.id);
  });
