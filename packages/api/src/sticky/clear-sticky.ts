import type { AccountId } from '@tollgate/core';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import type { LiveStickySelection } from '../live/live-store.ts';
import { requireLiveStore } from '../live/require-live-store.ts';

const inputSchema = z.union([
  z.strictObject({ name: z.string().min(1).max(200) }),
  z.strictObject({ accountId: idField }),
  z.strictObject({ all: z.literal(true) }),
]);

/** SEL-4: ends one binding, those of an account, or all. Sessions choose anew with their next request. */
export const clearSticky = adminProcedure
  .input(inputSchema)
  .output(z.strictObject({ cleared: z.int() }))
  .mutation(({ ctx, input }) => {
    const live = requireLiveStore(ctx.services);
    return runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const cleared = await live.clearSticky(mapSelection(input));
      const target = 'accountId' in input ? input.accountId : 'sticky';
      change.audit('sticky.clear', target, { ...input, cleared });
      return { cleared };
    });
  });

function mapSelection(input: z.infer<typeof inputSchema>): LiveStickySelection {
  if ('all' in input) return 'all';
  return 'name' in input ? { name: input.name } : { accountId: input.accountId as AccountId };
}
