import { schema } from '@tollgate/db';
import { asc, gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { adminTokenSchema, mapAdminToken } from './admin-token-schema.ts';

const { adminTokens } = schema;

/** Oldest first, expired ones too. */
export const listAdminTokens = adminProcedure
  .input(z.strictObject(pageFields).prefault({}))
  .output(buildPageSchema(adminTokenSchema))
  .query(async ({ ctx, input }) => {
    const rows = await ctx.services.db
      .select()
      .from(adminTokens)
      .where(input.cursor ? gt(adminTokens.id, input.cursor) : undefined)
      .orderBy(asc(adminTokens.id))
      .limit(input.limit + 1);
    return buildPage(rows, input.limit, mapAdminToken, (row) => row.id);
  });
