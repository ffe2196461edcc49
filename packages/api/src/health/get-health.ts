import { z } from 'zod';
import { publicProcedure } from '../base/procedures.ts';

/** Alive, and which version. */
export const getHealth = publicProcedure
  .output(z.strictObject({ ok: z.literal(true), version: z.string() }))
  .query(({ ctx }) => ({ ok: true as const, version: ctx.services.version }));
