import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { WAIT_MS_MAX } from './change-notes.ts';

const outputSchema = z.strictObject({
  number: z.int(),
  /** On every node that is known. */
  isInForce: z.boolean(),
  /** From the publishing to the last node; null = not on all. */
  afterMs: z.int().nullable(),
  nodes: z.array(
    z.strictObject({
      id: z.string(),
      label: z.string().nullable(),
      /** `late`: it lives and has not said so yet. `unknown`: silent, or of a version that does not say. */
      state: z.enum(['in-force', 'late', 'unknown']),
      afterMs: z.int().nullable(),
    }),
  ),
});

/** AUTH-6: where a change is in force; `number` is what the header `x-tollgate-change` of its answer said. */
export const showInForce = adminProcedure
  .input(
    z.strictObject({
      number: z.int().min(0),
      /** The longest wait for nodes that are late. */
      waitMs: z.int().min(0).max(WAIT_MS_MAX).default(0),
    }),
  )
  .output(outputSchema)
  .query(({ ctx, input, signal }) => {
    const { changeWatch } = ctx.services;
    if (changeWatch) return changeWatch.wait(input.number, { waitMs: input.waitMs, signal });
    throw new TRPCError({ code: 'PRECONDITION_FAILED', message: 'This control plane has no live store.' });
  });
