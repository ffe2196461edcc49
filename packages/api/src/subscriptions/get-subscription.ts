import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { idField } from '../fields/text-fields.ts';
import { loadSubscription } from './load-subscriptions.ts';
import { mapSubscription } from './map-subscription.ts';
import { subscriptionOutputSchema } from './subscription-schemas.ts';

/** With what is spent in its windows at this moment. */
export const getSubscription = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(subscriptionOutputSchema)
  .query(async ({ ctx, input }) => {
    const { db, clock } = ctx.services;
    return mapSubscription(await loadSubscription(db, input.id), clock.nowMs());
  });
