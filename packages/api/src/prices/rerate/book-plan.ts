import type { UserId } from '@tollgate/core';
import { bookRerate, schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange, type Change } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { buildProblem } from '../../problems/problem.ts';

const { reratePlans } = schema;

const outputSchema = z.strictObject({
  planId: z.string(),
  /** Attempts that have the new costs. */
  attempts: z.int(),
  /** True when the plan was booked before: nothing moved now. */
  replayed: z.boolean(),
});

/** Books a plan: new costs in usage, one ledger row for each user whose balance moves, all in one transaction. */
export const bookReratePlan = adminProcedure
  .input(z.strictObject({ planId: idField }))
  .output(outputSchema)
  .mutation(({ ctx, input: { planId } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const plan = await lockPlan(change, planId);
      if (plan.bookedAt !== null) return { planId, attempts: plan.rowsChanged, replayed: true };
      const note = `prices of ${plan.version} (${planId}): ${plan.reason}`;
      const booked = await bookRerate(change.tx, { planId, note, at: change.now });
      if (booked === null) {
        throw buildProblem(
          'conflict',
          'planId',
          'attempts of the plan are not what they were: make a new plan',
        );
      }
      await change.tx
        .update(reratePlans)
        .set({ bookedAt: change.now, bookedBy: ctx.admin.id })
        .where(eq(reratePlans.id, planId));
      change.audit('price.rerate-book', planId, { attempts: booked.rows, users: booked.userIds.length });
      change.invalidate(
        ...booked.userIds.map((userId) => ({ scope: 'balance' as const, userId: userId as UserId })),
      );
      return { planId, attempts: booked.rows, replayed: false };
    }),
  );

/** The row lock makes a second booking of the same plan wait for the first, and see it. */
async function lockPlan(change: Change, planId: string): Promise<typeof reratePlans.$inferSelect> {
  const [plan] = await change.tx.select().from(reratePlans).where(eq(reratePlans.id, planId)).for('update');
  if (plan) return plan;
  throw buildProblem('not-found', 'planId', 'no such plan');
}
