import { userProcedure } from '../base/procedures.ts';
import { loadUser } from '../users/load-user.ts';
import { userOutputSchema } from '../users/user-schemas.ts';

const outputSchema = userOutputSchema.pick({ balance: true, totalRecharged: true });

/** USD. */
export const showBalance = userProcedure.output(outputSchema).query(async ({ ctx }) => {
  const { balance, totalRecharged } = await loadUser(ctx.services.db, { id: ctx.person.id });
  return { balance, totalRecharged };
});
