import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { removeProxy } from './write-proxy.ts';

/** Refused while accounts go through it. */
export const deleteProxy = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await removeProxy(change, id);
      return { id };
    }),
  );
