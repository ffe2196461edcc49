import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { requireAccountRoutes } from '../groups/require-group-links.ts';
import { accountOutputSchema, accountPatchSchema } from './account-schemas.ts';
import { loadAccount } from './load-accounts.ts';
import { updateAccount as writeAccount } from './write-account.ts';

/** Only the given fields change. */
export const updateAccount = adminProcedure
  .input(accountPatchSchema.safeExtend({ id: idField }))
  .output(accountOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const current = await loadAccount(change.tx, id);
      if (patch.groups) {
        await requireAccountRoutes(
          change.tx,
          id,
          patch.groups.map((link) => link.id),
        );
      }
      const stored = await writeAccount(change, current, patch);
      return stored.account;
    }),
  );
