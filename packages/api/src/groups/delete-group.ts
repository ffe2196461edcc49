import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadGroup } from './load-group.ts';
import { removeGroup } from './write-group.ts';

/** Refused while keys or accounts are in the group. */
export const deleteGroup = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await removeGroup(change, await loadGroup(change.tx, input));
      return { id: input.id };
    }),
  );
