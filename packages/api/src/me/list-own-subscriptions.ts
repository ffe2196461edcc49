import { schema } from '@tollgate/db';
import { and, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { userProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { loadSubscriptions } from '../subscriptions/load-subscriptions.ts';
import { mapSubscription, type FoundSubscription } from '../subscriptions/map-subscription.ts';
import { subscriptionOutputSchema } from '../subscriptions/subscription-schemas.ts';

const { subscriptions } = schema;
/** Without the note, which is for admins. */
const ownSubscriptionSchema = subscriptionOutputSchema.omit({ userId: true, userEmail: true, note: true });

/** One's own, oldest first. */
export const listOwnSubscriptions = userProcedure
  .input(z.strictObject(pageFields).prefault({}))
  .output(buildPageSchema(ownSubscriptionSchema))
  .query(async ({ ctx: { services, person }, input }) => {
    const isAfter = input.cursor ? gt(subscriptions.id, input.cursor) : undefined;
    const isOwn = eq(subscriptions.userId, person.id);
    const rows = await loadSubscriptions(services.db, and(isOwn, isAfter), input.limit + 1);
    const nowMs = services.clock.nowMs();
    return buildPage(
      rows,
      input.limit,
      (found) => showSubscription(found, nowMs),
      ({ row }) => row.id,
    );
  });

function showSubscription(found: FoundSubscription, nowMs: number): z.infer<typeof ownSubscriptionSchema> {
  const { userId: _user, userEmail: _email, note: _note, ...shown } = mapSubscription(found, nowMs);
  return shown;
}
