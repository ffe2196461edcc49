import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { ruleCreateSchema, ruleOutputSchema } from './rule-schemas.ts';
import { insertRule } from './write-rule.ts';

/** The last in the order; evaluated from the next round on. */
export const createRule = adminProcedure
  .input(ruleCreateSchema)
  .output(ruleOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, (change) => insertRule(change, input)),
  );
