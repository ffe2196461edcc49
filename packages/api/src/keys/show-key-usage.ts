import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { idField } from '../fields/text-fields.ts';
import { keyUsageSchema, loadKeyUsage } from './key-usage.ts';

export const showKeyUsage = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(keyUsageSchema)
  .query(({ ctx, input }) => loadKeyUsage(ctx.services.db, input.id, ctx.services.clock.nowMs()));
