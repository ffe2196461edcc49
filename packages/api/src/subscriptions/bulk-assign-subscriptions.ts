import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { assignSubscriptions } from './assign-subscriptions.ts';
import { assignedSchema, bulkAssignSchema } from './subscription-schemas.ts';

/** All users or none; the answer is in their order. */
export const bulkAssignSubscriptions = adminProcedure
  .input(bulkAssignSchema)
  .output(z.strictObject({ assigned: z.array(assignedSchema) }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => ({
      assigned: await assignSubscriptions(change, input),
    })),
  );
