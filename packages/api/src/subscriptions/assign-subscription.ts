import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { assignSubscriptions } from './assign-subscriptions.ts';
import { assignedSchema, assignSchema } from './subscription-schemas.ts';

export const assignSubscription = adminProcedure
  .input(assignSchema)
  .output(assignedSchema)
  .mutation(({ ctx, input: { userId, ...terms } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const [assigned] = await assignSubscriptions(change, { userIds: [userId], ...terms });
      if (!assigned) throw new Error('the subscription that was written is not there');
      return assigned;
    }),
  );
