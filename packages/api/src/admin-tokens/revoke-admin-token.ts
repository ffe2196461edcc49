import { schema } from '@tollgate/db';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { FULL_SCOPE } from '../base/token-scopes.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { requireOwnScopes } from './require-own-scopes.ts';

const { adminTokens } = schema;

/** From the next request on it is nobody's: tokens are cached nowhere. A token revokes none that may do more than itself. */
export const revokeAdminToken = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const [gone] = await change.tx
        .delete(adminTokens)
        .where(eq(adminTokens.id, id))
        .returning({ name: adminTokens.name, scopes: adminTokens.scopes });
      if (!gone) throw buildProblem('not-found', '', `no such token: ${id}`);
      requireOwnScopes(ctx.admin, gone.scopes, 'take');
      await requireWayIn(change);
      change.audit('admin-token.revoke', id, { name: gone.name });
      return { id };
    }),
  );

/** With an embedded database there is no other way in than these: the last one stays. */
async function requireWayIn({ tx, now }: Change): Promise<void> {
  const [row] = await tx.execute<{ exists: boolean }>(sql`
    select exists (
      select from admin_tokens
      where scopes ? ${FULL_SCOPE} and (expires_at is null or expires_at > ${now.toISOString()}::timestamptz)
    ) or exists (
      select from users where role = 'admin' and status = 'active' and password_hash is not null
    ) as exists`);
  if (row?.exists) return;
  throw buildProblem('conflict', '', 'nobody else may do everything: make another token or an admin first');
}
