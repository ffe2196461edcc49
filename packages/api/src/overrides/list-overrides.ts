import { schema } from '@tollgate/db';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';
import { loadOverrides } from './load-overrides.ts';
import { overrideOutputSchema } from './override-schemas.ts';

const { rpmOverrides } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  userId: idField.optional(),
  groupId: idField.optional(),
});

/** In the order of user and group. */
export const listOverrides = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(overrideOutputSchema))
  .query(async ({ ctx, input }) => {
    const [userId = '', groupId = ''] = (input.cursor ?? '').split('/');
    const where = and(
      input.cursor
        ? sql`(${rpmOverrides.userId}, ${rpmOverrides.groupId}) > (${userId}, ${groupId})`
        : undefined,
      input.userId ? eq(rpmOverrides.userId, input.userId) : undefined,
      input.groupId ? eq(rpmOverrides.groupId, input.groupId) : undefined,
    );
    const rows = await loadOverrides(ctx.services.db, where, input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      (row) => row,
      (row) => `${row.userId}/${row.groupId}`,
    );
  });
