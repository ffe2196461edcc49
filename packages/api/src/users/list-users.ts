import { schema } from '@tollgate/db';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildAfter, buildOrder, orderField } from '../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { noteField, statusField } from '../fields/text-fields.ts';
import { mapUser } from './map-user.ts';
import { userOutputSchema } from './user-schemas.ts';

const { users } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  /** Part of the e-mail address. */
  search: noteField.toLowerCase().optional(),
  status: statusField.optional(),
  order: orderField,
});

/** Oldest first, unless asked otherwise. */
export const listUsers = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(userOutputSchema))
  .query(async ({ ctx, input }) => {
    const rows = await ctx.services.db
      .select()
      .from(users)
      .where(
        and(
          buildAfter(users.id, input.order, input.cursor),
          // position() and not LIKE: `%` and `_` are letters like any other here.
          input.search ? sql`position(${input.search} in ${users.email}) > 0` : undefined,
          input.status ? eq(users.status, input.status) : undefined,
        ),
      )
      .orderBy(buildOrder(users.id, input.order))
      .limit(input.limit + 1);
    return buildPage(rows, input.limit, mapUser, (row) => row.id);
  });
