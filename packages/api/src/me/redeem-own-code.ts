import { z } from 'zod';
import { userProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { batchOutputSchema } from '../redeem/redeem-schemas.ts';
import { codeTextField, redeemFor } from '../redeem/redeem-code.ts';

const outputSchema = z.strictObject({
  worth: batchOutputSchema.shape.worth,
  /** USD, as it is now. */
  balance: z.string(),
  /** Parallel requests, as they are now. */
  concurrency: z.int(),
  /** The subscription that the code made or made longer; null = another kind. */
  subscriptionId: z.string().nullable(),
});

/** MON-12: for oneself. A code has 100 random bits: nobody finds one by trying. */
export const redeemOwnCode = userProcedure
  .input(z.strictObject({ code: codeTextField }))
  .output(outputSchema)
  .mutation(({ ctx: { services, person }, input }) =>
    runChange({ services, actor: person.id }, async (change) => {
      const { worth, user, subscriptionId } = await redeemFor(change, person.id, input.code);
      return { worth, balance: user.balance, concurrency: user.concurrency, subscriptionId };
    }),
  );
