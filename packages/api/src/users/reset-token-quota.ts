import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadUser } from './load-user.ts';
import { mapUser } from './map-user.ts';
import { userOutputSchema, userRefSchema } from './user-schemas.ts';

const { users } = schema;

/** LIM-10: begins a new period now. A user who was refused is served again at once. */
export const resetTokenQuota = adminProcedure
  .input(userRefSchema)
  .output(userOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { id, tokenUsage } = await loadUser(change.tx, input);
      const [row] = await change.tx
        .update(users)
        .set({ tokenUsage: 0, lastResetAt: change.now })
        .where(eq(users.id, id))
        .returning();
      if (!row) throw buildProblem('not-found', '', `no such user: ${id}`);
      change.audit('user.reset-token-quota', id, { tokenUsage });
      change.invalidate({ scope: 'user', userId: id }, { scope: 'token-quota', userId: id });
      return mapUser(row);
    }),
  );
