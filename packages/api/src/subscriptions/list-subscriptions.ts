import { schema } from '@tollgate/db';
import { and, eq, gt, lte, ne, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';
import { loadSubscriptions } from './load-subscriptions.ts';
import { mapSubscription } from './map-subscription.ts';
import {
  subscriptionOutputSchema,
  subscriptionStateField,
  type SubscriptionState,
} from './subscription-schemas.ts';

const { subscriptions } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  userId: idField.optional(),
  groupId: idField.optional(),
  state: subscriptionStateField.optional(),
});

/** Oldest first. */
export const listSubscriptions = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(subscriptionOutputSchema))
  .query(async ({ ctx, input }) => {
    const { db, clock } = ctx.services;
    const nowMs = clock.nowMs();
    const where = and(
      input.cursor ? gt(subscriptions.id, input.cursor) : undefined,
      input.userId ? eq(subscriptions.userId, input.userId) : undefined,
      input.groupId ? eq(subscriptions.groupId, input.groupId) : undefined,
      input.state ? buildStateFilter(input.state, new Date(nowMs)) : undefined,
    );
    const rows = await loadSubscriptions(db, where, input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      (found) => mapSubscription(found, nowMs),
      ({ row }) => row.id,
    );
  });

/** The same as `selectState`, in SQL. */
function buildStateFilter(state: SubscriptionState, now: Date): SQL | undefined {
  const { status, startsAt, expiresAt } = subscriptions;
  if (state === 'revoked') return eq(status, 'revoked');
  if (state === 'expired') return and(ne(status, 'revoked'), lte(expiresAt, now));
  if (state === 'suspended') return and(eq(status, 'suspended'), gt(expiresAt, now));
  const hasBegun = state === 'active' ? lte(startsAt, now) : gt(startsAt, now);
  return and(eq(status, 'active'), gt(expiresAt, now), hasBegun);
}
