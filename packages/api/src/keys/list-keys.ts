import { schema } from '@tollgate/db';
import { and, eq, exists } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildAfter, buildOrder, buildSearch, orderField, searchField } from '../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField, statusField } from '../fields/text-fields.ts';
import { keyOutputSchema } from './key-schemas.ts';
import { loadKeys } from './load-keys.ts';

const { keyGroups, keys } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  userId: idField.optional(),
  groupId: idField.optional(),
  status: statusField.optional(),
  search: searchField,
  order: orderField,
});

/** Oldest first, unless asked otherwise. */
export const listKeys = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(keyOutputSchema))
  .query(async ({ ctx, input }) => {
    const { db } = ctx.services;
    const inGroup = (groupId: string) =>
      exists(
        db
          .select({ id: keyGroups.keyId })
          .from(keyGroups)
          .where(and(eq(keyGroups.keyId, keys.id), eq(keyGroups.groupId, groupId))),
      );
    const where = and(
      buildAfter(keys.id, input.order, input.cursor),
      buildSearch(keys.name, input.search),
      input.userId ? eq(keys.userId, input.userId) : undefined,
      input.groupId ? inGroup(input.groupId) : undefined,
      input.status ? eq(keys.status, input.status) : undefined,
    );
    const rows = await loadKeys(db, where, input.limit + 1, buildOrder(keys.id, input.order));
    return buildPage(
      rows,
      input.limit,
      ({ key }) => key,
      ({ key }) => key.id,
    );
  });
