import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadProxy } from './load-proxies.ts';

/** One that accounts go through stays: without it they would go direct. */
export const deleteProxy = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { proxy } = await loadProxy(change.tx, { id });
      if (proxy.accounts > 0)
        throw buildProblem('conflict', '', `${proxy.accounts} account(s) go through it`);
      await change.tx.delete(schema.proxies).where(eq(schema.proxies.id, id));
      change.audit('proxy.delete', id, { name: proxy.name });
      return { id };
    }),
  );
