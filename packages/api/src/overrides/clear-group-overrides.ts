import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadGroup } from '../groups/load-group.ts';
import { clearGroupOverrides as removeAll } from './write-override.ts';

/** LIM-3: all RPM overrides of a group in one call. */
export const clearGroupOverrides = adminProcedure
  .input(z.strictObject({ groupId: idField }))
  .output(z.strictObject({ cleared: z.int() }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await loadGroup(change.tx, { id: input.groupId });
      return { cleared: await removeAll(change, input.groupId) };
    }),
  );
