import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { overrideInputSchema, overrideOutputSchema } from './override-schemas.ts';
import { setOverride as writeOverride } from './write-override.ts';

/** LIM-1. */
export const setOverride = adminProcedure
  .input(overrideInputSchema)
  .output(overrideOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, (change) => writeOverride(change, input)),
  );
