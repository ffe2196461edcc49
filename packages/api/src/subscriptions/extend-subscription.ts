import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { loadSubscription } from './load-subscriptions.ts';
import { mapSubscription } from './map-subscription.ts';
import { extendSchema, subscriptionOutputSchema } from './subscription-schemas.ts';
import { extendSubscription as writeExtension } from './write-subscription.ts';

/** By days each time, or to a moment: that may be sent twice. Never ends it sooner. */
export const extendSubscription = adminProcedure
  .input(extendSchema)
  .output(subscriptionOutputSchema)
  .mutation(({ ctx, input: { id, ...term } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { row } = await loadSubscription(change.tx, id);
      await writeExtension(change, row, term, 'refuse');
      return mapSubscription(await loadSubscription(change.tx, id), change.now.getTime());
    }),
  );
