import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { holderKindField, loadSlots, slotsSchema } from './load-slots.ts';

/** Users or accounts that requests wait for. A page may be empty and yet have a next one. */
export const listQueues = adminProcedure
  .input(z.strictObject({ ...pageFields, kind: holderKindField }))
  .output(buildPageSchema(slotsSchema))
  .query(async ({ ctx, input }) => {
    const { items, nextCursor } = await loadSlots(ctx.services, input);
    return { items: items.filter(({ waiting }) => waiting > 0), nextCursor };
  });
