import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadSubscription } from './load-subscriptions.ts';
import { mapSubscription } from './map-subscription.ts';
import { subscriptionOutputSchema } from './subscription-schemas.ts';
import { setSubscriptionStatus } from './write-subscription.ts';

/** Undoes a suspension. One that has expired meanwhile stays expired. */
export const resumeSubscription = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(subscriptionOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { row } = await loadSubscription(change.tx, input.id);
      await setSubscriptionStatus(change, row, 'active');
      return mapSubscription(await loadSubscription(change.tx, input.id), change.now.getTime());
    }),
  );
