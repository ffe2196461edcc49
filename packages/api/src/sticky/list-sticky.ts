import { schema } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { requireLiveStore } from '../live/require-live-store.ts';

const bindingSchema = z.strictObject({
  /** Opaque: hash of group, key, protocol and session. */
  name: z.string(),
  accountId: z.string(),
  /** null = the account is gone; the binding ends by itself. */
  accountName: z.string().nullable(),
  /** If it is not used before. */
  endsInMs: z.number(),
});

/** SEL-4: live bindings of sessions to accounts, those that end last first. */
export const listSticky = adminProcedure
  .input(z.strictObject(pageFields).prefault({}))
  .output(buildPageSchema(bindingSchema))
  .query(async ({ ctx, input }) => {
    const live = requireLiveStore(ctx.services);
    const { limit } = input;
    const { bindings, cursor } = await live.listStickyBindings({ cursor: input.cursor ?? null, limit });
    const { accounts } = schema;
    const ids = [...new Set(bindings.map(({ accountId }) => accountId))];
    const rows = await ctx.services.db
      .select({ id: accounts.id, name: accounts.name })
      .from(accounts)
      .where(inArray(accounts.id, ids));
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    const items = bindings.map(({ name, accountId, endsInMs }) => ({
      name,
      accountId,
      accountName: names.get(accountId) ?? null,
      endsInMs,
    }));
    return { items, nextCursor: cursor };
  });
