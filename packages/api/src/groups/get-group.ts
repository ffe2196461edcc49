import { adminProcedure } from '../base/procedures.ts';
import { groupOutputSchema, groupRefSchema } from './group-schemas.ts';
import { loadGroup } from './load-group.ts';

/** By id or by name. */
export const getGroup = adminProcedure
  .input(groupRefSchema)
  .output(groupOutputSchema)
  .query(({ ctx, input }) => loadGroup(ctx.services.db, input));
