import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadKey } from './load-keys.ts';
import { removeKey } from './write-key.ts';

export const deleteKey = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await removeKey(change, await loadKey(change.tx, input.id));
      return { id: input.id };
    }),
  );
