import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { idField } from '../fields/text-fields.ts';
import { keyOutputSchema } from './key-schemas.ts';
import { loadKey } from './load-keys.ts';

export const getKey = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(keyOutputSchema)
  .query(async ({ ctx, input }) => (await loadKey(ctx.services.db, input.id)).key);
