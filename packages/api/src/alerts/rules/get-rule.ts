import { adminProcedure } from '../../base/procedures.ts';
import { loadRule } from './load-rules.ts';
import { ruleOutputSchema, ruleRefSchema } from './rule-schemas.ts';

/** By id or by name. */
export const getRule = adminProcedure
  .input(ruleRefSchema)
  .output(ruleOutputSchema)
  .query(({ ctx: { services }, input }) => loadRule(services.db, new Date(services.clock.nowMs()), input));
