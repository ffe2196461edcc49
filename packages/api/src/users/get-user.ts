import { adminProcedure } from '../base/procedures.ts';
import { loadUser } from './load-user.ts';
import { userOutputSchema, userRefSchema } from './user-schemas.ts';

/** By id or by e-mail, with the balance. */
export const getUser = adminProcedure
  .input(userRefSchema)
  .output(userOutputSchema)
  .query(({ ctx, input }) => loadUser(ctx.services.db, input));
