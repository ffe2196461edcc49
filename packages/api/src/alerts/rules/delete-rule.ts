import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { loadRule } from './load-rules.ts';
import { removeRule } from './write-rule.ts';

/** Its silences go with it; its events stay, and an open one is resolved. */
export const deleteRule = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await removeRule(change, await loadRule(change.tx, change.now, { id }));
      return { id };
    }),
  );
