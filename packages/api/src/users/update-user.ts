import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { loadUser } from './load-user.ts';
import { userOutputSchema, userUpdateSchema } from './user-schemas.ts';
import { updateUser as writeUser } from './write-user.ts';

/** Only the given fields change. */
export const updateUser = adminProcedure
  .input(userUpdateSchema)
  .output(userOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) =>
      writeUser(change, await loadUser(change.tx, { id }), patch),
    ),
  );
