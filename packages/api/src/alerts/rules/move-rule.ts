import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { loadRule } from './load-rules.ts';
import { listRuleOrder, moveRuleId, writeRuleOrder } from './order-rules.ts';
import { ruleOutputSchema } from './rule-schemas.ts';

const inputSchema = z.strictObject({
  id: idField,
  /** From 1; beyond the end = last. */
  position: z.int().min(1).max(1_000_000),
});

/** Those between its old and its new place make room. */
export const moveRule = adminProcedure
  .input(inputSchema)
  .output(ruleOutputSchema)
  .mutation(({ ctx, input: { id, position } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const before = await loadRule(change.tx, change.now, { id });
      await writeRuleOrder(change.tx, moveRuleId(await listRuleOrder(change.tx), id, position));
      const after = await loadRule(change.tx, change.now, { id });
      if (after.position !== before.position)
        change.audit('alert-rule.move', id, { from: before.position, to: after.position });
      return after;
    }),
  );
