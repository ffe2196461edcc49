import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { overrideRefSchema } from './override-schemas.ts';
import { removeOverride } from './write-override.ts';

/** From then on the group's limit holds again. `deleted` false = there was no override. */
export const deleteOverride = adminProcedure
  .input(overrideRefSchema)
  .output(z.strictObject({ deleted: z.boolean() }))
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => ({
      deleted: await removeOverride(change, input),
    })),
  );
