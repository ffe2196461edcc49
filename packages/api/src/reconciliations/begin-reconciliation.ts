import { schema } from '@tollgate/db';
import { and, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { loadAccount } from '../accounts/load-accounts.ts';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import { beginSchema } from './reconciliation-schemas.ts';

const { reconciliations } = schema;
/** Rows of an import that nobody finished. */
const OPEN_MS_MAX = 86_400_000;

const outputSchema = z.strictObject({
  id: z.string(),
  /** Of the account; what the file must be an export of. */
  provider: z.enum(['anthropic', 'openai']),
  /** True: this file was compared before, and `id` is that report. */
  replayed: z.boolean(),
});

/** MON-13: then `addRows` with part 0, 1, …, then `finish`. */
export const beginReconciliation = adminProcedure
  .input(beginSchema)
  .output(outputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { account } = await loadAccount(change.tx, input.accountId);
      const { platform: provider } = account;
      if (provider !== 'anthropic' && provider !== 'openai') {
        throw buildProblem('invalid', 'accountId', `there are no usage exports of ${provider}`);
      }
      const deadline = new Date(change.now.getTime() - OPEN_MS_MAX);
      await change.tx
        .delete(reconciliations)
        .where(and(eq(reconciliations.status, 'open'), lt(reconciliations.createdAt, deadline)));
      const { accountId, fileHash, fileName } = input;
      const [done] = await change.tx
        .select({ id: reconciliations.id })
        .from(reconciliations)
        .where(
          and(
            eq(reconciliations.accountId, accountId),
            eq(reconciliations.fileHash, fileHash),
            eq(reconciliations.status, 'done'),
          ),
        );
      if (done) return { id: done.id, provider, replayed: true };
      const id = change.createId('reconciliation');
      const names = { accountName: account.name, provider, fileName, fileHash };
      await change.tx.insert(reconciliations).values({ id, accountId, ...names, createdAt: change.now });
      change.audit('reconciliation.begin', id, { accountId, fileName, fileHash });
      return { id, provider, replayed: false };
    }),
  );
