import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadUser } from './load-user.ts';
import { removeUser } from './write-user.ts';

/** Refused while the user has keys. */
export const deleteUser = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await removeUser(change, await loadUser(change.tx, input));
      return { id: input.id };
    }),
  );
