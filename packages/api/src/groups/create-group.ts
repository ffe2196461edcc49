import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { groupCreateSchema, groupOutputSchema } from './group-schemas.ts';
import { requireGroupLinks } from './require-group-links.ts';
import { insertGroup } from './write-group.ts';

export const createGroup = adminProcedure
  .input(groupCreateSchema)
  .output(groupOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await requireGroupLinks(change.tx, input);
      return insertGroup(change, input);
    }),
  );
