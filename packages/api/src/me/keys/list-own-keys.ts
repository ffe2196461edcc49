import { schema } from '@tollgate/db';
import { and, eq, gt, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../../fields/page-fields.ts';
import { loadKeys } from '../../keys/load-keys.ts';
import { mapOwnKey, ownKeySchema } from './own-key.ts';

const { keys } = schema;

/** Oldest first. */
export const listOwnKeys = userProcedure
  .input(z.strictObject(pageFields).prefault({}))
  .output(buildPageSchema(ownKeySchema))
  .query(async ({ ctx: { services, person }, input }) => {
    const isAfter = input.cursor ? gt(keys.id, input.cursor) : undefined;
    const rows = await loadKeys(services.db, and(eq(keys.userId, person.id), isAfter), input.limit + 1);
    const ids = rows.map(({ key }) => key.id);
    const own = await services.db
      .select({ id: keys.id })
      .from(keys)
      .where(and(inArray(keys.id, ids), eq(keys.madeByOwner, true)));
    const ownIds = new Set(own.map(({ id }) => id));
    return buildPage(
      rows,
      input.limit,
      ({ key }) => mapOwnKey(key, ownIds.has(key.id)),
      ({ key }) => key.id,
    );
  });
