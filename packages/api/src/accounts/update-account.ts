import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { accountOutputSchema, accountPatchSchema } from './account-schemas.ts';
import { loadAccount } from './load-accounts.ts';
import { updateAccount as writeAccount } from './write-account.ts';

/** Only the given fields change. */
export const updateAccount = adminProcedure
  .input(accountPatchSchema.safeExtend({ id: idField }))
  .output(accountOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const stored = await writeAccount(change, await loadAccount(change.tx, id), patch);
      return stored.account;
    }),
  );
