import { adminProcedure } from '../base/procedures.ts';
import { accountOutputSchema, accountRefSchema } from './account-schemas.ts';
import { loadAccountBy } from './load-accounts.ts';

/** By id or by name. */
export const getAccount = adminProcedure
  .input(accountRefSchema)
  .output(accountOutputSchema)
  .query(async ({ ctx, input }) => (await loadAccountBy(ctx.services.db, input)).account);
