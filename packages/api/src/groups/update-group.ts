import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { groupOutputSchema, groupPatchSchema } from './group-schemas.ts';
import { loadGroup } from './load-group.ts';
import { requireGroupLinks } from './require-group-links.ts';
import { updateGroup as writeGroup } from './write-group.ts';

/** Only the given fields change. */
export const updateGroup = adminProcedure
  .input(groupPatchSchema.safeExtend({ id: idField }))
  .output(groupOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const current = await loadGroup(change.tx, { id });
      const { name, platform } = current;
      await requireGroupLinks(change.tx, { name, ...patch, id, platform });
      return writeGroup(change, current, patch);
    }),
  );
