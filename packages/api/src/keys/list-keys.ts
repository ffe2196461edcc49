import { schema } from '@tollgate/db';
import { and, eq, exists, gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
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
});

/** Oldest first. */
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
      input.cursor ? gt(keys.id, input.cursor) : undefined,
      input.userId ? eq(keys.userId, input.userId) : undefined,
      input.groupId ? inGroup(input.groupId) : undefined,
      input.status ? eq(keys.status, input.status) : undefined,
    );
    const rows = await loadKeys(db, where, input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      ({ key }) => key,
      ({ key }) => key.id,
    );
  });
