import { PLATFORMS } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { and, eq, exists, gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';
import { accountOutputSchema } from './account-schemas.ts';
import { loadAccounts } from './load-accounts.ts';

const { accountGroups, accounts } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  platform: z.enum(PLATFORMS).optional(),
  status: z.enum(['active', 'disabled', 'error']).optional(),
  groupId: idField.optional(),
});

/** Oldest first. */
export const listAccounts = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(accountOutputSchema))
  .query(async ({ ctx, input }) => {
    const { db } = ctx.services;
    const inGroup = (groupId: string) =>
      exists(
        db
          .select({ id: accountGroups.accountId })
          .from(accountGroups)
          .where(and(eq(accountGroups.accountId, accounts.id), eq(accountGroups.groupId, groupId))),
      );
    const where = and(
      input.cursor ? gt(accounts.id, input.cursor) : undefined,
      input.platform ? eq(accounts.platform, input.platform) : undefined,
      input.status ? eq(accounts.status, input.status) : undefined,
      input.groupId ? inGroup(input.groupId) : undefined,
    );
    const rows = await loadAccounts(db, where, input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      ({ account }) => account,
      ({ account }) => account.id,
    );
  });
