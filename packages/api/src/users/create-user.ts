import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { userCreateSchema, userOutputSchema } from './user-schemas.ts';
import { insertUser } from './write-user.ts';

export const createUser = adminProcedure
  .input(userCreateSchema)
  .output(userOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, (change) => insertUser(change, input)),
  );
