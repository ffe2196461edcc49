import { ACCOUNT_KINDS, PLATFORMS } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { and, eq, exists } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildAfter, buildOrder, buildSearch, orderField, searchField } from '../fields/order-fields.ts';
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
  kind: z.enum(ACCOUNT_KINDS).optional(),
  search: searchField,
  order: orderField,
});

/** Oldest first, unless asked otherwise. */
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
      buildAfter(accounts.id, input.order, input.cursor),
      buildSearch(accounts.name, input.search),
      input.kind ? eq(accounts.kind, input.kind) : undefined,
      input.platform ? eq(accounts.platform, input.platform) : undefined,
      input.status ? eq(accounts.status, input.status) : undefined,
      input.groupId ? inGroup(input.groupId) : undefined,
    );
    const rows = await loadAccounts(db, where, input.limit + 1, buildOrder(accounts.id, input.order));
    return buildPage(
      rows,
      input.limit,
      ({ account }) => account,
      ({ account }) => account.id,
    );
  });
