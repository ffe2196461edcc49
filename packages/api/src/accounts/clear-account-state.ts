import type { AccountId } from '@tollgate/core';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { requireLiveStore } from '../live/require-live-store.ts';
import { loadAccount } from './load-accounts.ts';

const inputSchema = z.strictObject({
  id: idField,
  /** Only what is known about this model, under its upstream name. */
  upstreamModel: z.string().min(1).max(256).optional(),
});

/** ACC-4: the admin's "it works again", for every node at once. Status `error` of the row is not touched. */
export const clearAccountState = adminProcedure
  .input(inputSchema)
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id, upstreamModel } }) => {
    const live = requireLiveStore(ctx.services);
    return runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await loadAccount(change.tx, id);
      await live.clearAccountState(id as AccountId, upstreamModel);
      change.audit('account.clear-state', id, { upstreamModel: upstreamModel ?? null });
      return { id };
    });
  });
