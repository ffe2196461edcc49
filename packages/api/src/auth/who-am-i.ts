import { z } from 'zod';
import { publicProcedure } from '../base/procedures.ts';
import { personSchema } from './person-schema.ts';

const outputSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nobody') }),
  z.strictObject({ kind: z.literal('token'), id: z.string(), name: z.string(), scopes: z.array(z.string()) }),
  personSchema.safeExtend({ kind: z.literal('person') }),
]);

/** Whom the server takes the caller for. */
export const whoAmI = publicProcedure.output(outputSchema).query(async ({ ctx }) => {
  const caller = await ctx.loadCaller();
  if (caller === null) return { kind: 'nobody' } as const;
  if (caller.kind === 'token')
    return { kind: 'token', ...caller.admin, scopes: [...caller.admin.scopes] } as const;
  const { id, email, role } = caller.person;
  return { kind: 'person', id, email, role } as const;
});
