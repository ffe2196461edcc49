import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { loadUser } from '../users/load-user.ts';
import { keyCreateSchema, keyOutputSchema } from './key-schemas.ts';
import { insertKey } from './write-key.ts';

/** `plainKey` is shown here and never again. */
const outputSchema = keyOutputSchema.safeExtend({ plainKey: z.string() });

export const createKey = adminProcedure
  .input(keyCreateSchema)
  .output(outputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await loadUser(change.tx, { id: input.userId });
      const { stored, plainKey } = await insertKey(change, input);
      return { ...stored.key, plainKey };
    }),
  );
