import { schema } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange, type Change } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { requireAccountRoutes } from '../../groups/require-group-links.ts';
import { ProblemError, type Problem } from '../../problems/problem.ts';
import { accountPatchSchema, type AccountPatch } from '../account-schemas.ts';
import { loadAccounts, type StoredAccount } from '../load-accounts.ts';
import { updateAccount } from '../write-account.ts';

const ACCOUNTS_MAX = 500;

const inputSchema = z.strictObject({
  ids: z
    .array(idField)
    .min(1)
    .max(ACCOUNTS_MAX)
    .refine((ids) => new Set(ids).size === ids.length, 'names an account twice'),
  /** The same for all of them; a name and credentials are one account's own. */
  patch: accountPatchSchema
    .omit({ name: true, credentials: true })
    .refine((patch) => Object.values(patch).some((value) => value !== undefined), 'says nothing to change'),
});

/** Changes all of the accounts or none. `changed`: those that were not so already. */
export const bulkUpdateAccounts = adminProcedure
  .input(inputSchema)
  .output(z.strictObject({ changed: z.array(z.string()), unchanged: z.array(z.string()) }))
  .mutation(({ ctx, input: { ids, patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const stored = await loadAccounts(change.tx, inArray(schema.accounts.id, ids));
      const problems = listMissing(
        ids,
        stored.map(({ account }) => account.id),
      );
      if (problems.length > 0) throw new ProblemError('not-found', problems);
      const outcome: { changed: string[]; unchanged: string[] } = { changed: [], unchanged: [] };
      for (const current of stored) {
        // Nothing was written where it gives back what it was given.
        const isChanged = (await updateOne(change, current, patch)) !== current;
        outcome[isChanged ? 'changed' : 'unchanged'].push(current.account.id);
      }
      return outcome;
    }),
  );

/** What is wrong with one of many is told with its name. */
async function updateOne(
  change: Change,
  current: StoredAccount,
  patch: AccountPatch,
): Promise<StoredAccount> {
  const { id, name } = current.account;
  try {
    if (patch.groups) {
      await requireAccountRoutes(
        change.tx,
        id,
        patch.groups.map((link) => link.id),
      );
    }
    return await updateAccount(change, current, patch);
  } catch (fault) {
    if (!(fault instanceof ProblemError)) throw fault;
    throw new ProblemError(
      fault.kind,
      fault.problems.map(({ path, message }) => ({ path, message: `${message} (account ${name})` })),
    );
  }
}

function listMissing(ids: readonly string[], found: readonly string[]): Problem[] {
  return ids
    .map((id, index) => ({ path: `ids[${index}]`, message: `no such account: ${id}` }))
    .filter((_problem, index) => !found.includes(ids[index] ?? ''));
}
