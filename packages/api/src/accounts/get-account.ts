import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { idField } from '../fields/text-fields.ts';
import { accountOutputSchema } from './account-schemas.ts';
import { loadAccount } from './load-accounts.ts';

export const getAccount = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(accountOutputSchema)
  .query(async ({ ctx, input }) => (await loadAccount(ctx.services.db, input.id)).account);
