import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { loadRule } from './load-rules.ts';
import { ruleOutputSchema, rulePatchSchema } from './rule-schemas.ts';
import { updateRule as writeRule } from './write-rule.ts';

/** Only the given fields change; a filter is given as a whole. */
export const updateRule = adminProcedure
  .input(rulePatchSchema.safeExtend({ id: idField }))
  .output(ruleOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) =>
      writeRule(change, await loadRule(change.tx, change.now, { id }), patch),
    ),
  );
