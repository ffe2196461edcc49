import { schema } from '@tollgate/db';
import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';

const { setUpLinks } = schema;

export const revokeSetUpLink = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const gone = await change.tx
        .delete(setUpLinks)
        .where(and(eq(setUpLinks.id, id), isNull(setUpLinks.usedAt)))
        .returning({ id: setUpLinks.id });
      if (gone.length === 0) throw buildProblem('not-found', '', `no such link: ${id}`);
      change.audit('set-up-link.revoke', id, {});
      return { id };
    }),
  );
