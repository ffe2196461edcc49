import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { idField } from '../../fields/text-fields.ts';
import { loadPlan, planOutputSchema } from './load-plan.ts';

export const getReratePlan = adminProcedure
  .input(z.strictObject({ planId: idField }))
  .output(planOutputSchema)
  .query(({ ctx, input }) => loadPlan(ctx.services.db, input.planId));
