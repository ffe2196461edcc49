import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { holderKindField, loadSlots, slotsSchema } from './load-slots.ts';

/** Running, waiting and most of each user or account, oldest first. */
export const listSlots = adminProcedure
  .input(z.strictObject({ ...pageFields, kind: holderKindField }))
  .output(buildPageSchema(slotsSchema))
  .query(({ ctx, input }) => loadSlots(ctx.services, input));
