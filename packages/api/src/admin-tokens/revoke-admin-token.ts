import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';

const { adminTokens } = schema;

/** From the next request on it is nobody's: tokens are cached nowhere. */
export const revokeAdminToken = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const [gone] = await change.tx
        .delete(adminTokens)
        .where(eq(adminTokens.id, id))
        .returning({ name: adminTokens.name });
      if (!gone) throw buildProblem('not-found', '', `no such token: ${id}`);
      change.audit('admin-token.revoke', id, { name: gone.name });
      return { id };
    }),
  );
