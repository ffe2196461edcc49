import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { requireAccountRoutes } from '../groups/require-group-links.ts';
import { loadAccount } from './load-accounts.ts';
import { removeAccount } from './write-account.ts';

/** Usage rows keep the id. */
export const deleteAccount = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const account = await loadAccount(change.tx, input.id);
      await requireAccountRoutes(change.tx, input.id, []);
      await removeAccount(change, account);
      return { id: input.id };
    }),
  );
