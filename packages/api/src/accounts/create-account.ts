import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { accountCreateSchema, accountOutputSchema } from './account-schemas.ts';
import { insertAccount } from './write-account.ts';

/** Credentials go in sealed and never come out. */
export const createAccount = adminProcedure
  .input(accountCreateSchema)
  .output(accountOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const stored = await insertAccount(change, input);
      return stored.account;
    }),
  );
