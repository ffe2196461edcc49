import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { keyOutputSchema, keyPatchSchema } from './key-schemas.ts';
import { loadKey } from './load-keys.ts';
import { updateKey as writeKey } from './write-key.ts';

/** Only the given fields change; the key itself never does. */
export const updateKey = adminProcedure
  .input(keyPatchSchema.safeExtend({ id: idField }))
  .output(keyOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const stored = await writeKey(change, await loadKey(change.tx, id), patch);
      return stored.key;
    }),
  );
