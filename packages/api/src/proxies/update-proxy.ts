import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { checkProxy, isSameProxy, sealProxyUrl } from '../accounts/seal-proxy.ts';
import { adminProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadProxy } from './load-proxies.ts';
import { proxyOutputSchema, proxyPatchSchema } from './proxy-schemas.ts';

const { accountGroups, accounts, proxies } = schema;

/** Only the given fields change. Accounts that go through the proxy go through the new URL, on every node. */
export const updateProxy = adminProcedure
  .input(proxyPatchSchema.safeExtend({ id: idField }))
  .output(proxyOutputSchema)
  .mutation(({ ctx, input: { id, name, url } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { proxy, sealedUrl } = await loadProxy(change.tx, { id });
      const isNewName = name !== undefined && name !== proxy.name;
      const isNewUrl = url !== undefined && !(await isSameProxy(change.services, id, sealedUrl, url, 'url'));
      if (!isNewName && !isNewUrl) return proxy;
      const shown = isNewUrl ? await writeUrl(change, id, url) : null;
      await change.tx
        .update(proxies)
        .set({ ...(isNewName && { name }), updatedAt: change.now })
        .where(eq(proxies.id, id));
      change.audit('proxy.update', id, { ...(isNewName && { name }), ...(shown !== null && { url: shown }) });
      return (await loadProxy(change.tx, { id })).proxy;
    }),
  );

/** Gives what may be shown of it. */
async function writeUrl(change: Change, id: string, url: string): Promise<string> {
  const { href, shown } = await checkProxy(change.services, url, 'url');
  const sealedUrl = sealProxyUrl(change.services, id, href);
  await change.tx.update(proxies).set({ sealedUrl, shown }).where(eq(proxies.id, id));
  const users = await change.tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.proxyId, id));
  for (const account of users) {
    await change.tx
      .update(accounts)
      .set({
        sealedProxyUrl: sealProxyUrl(change.services, account.id, href),
        proxyShown: shown,
        updatedAt: change.now,
      })
      .where(eq(accounts.id, account.id));
    change.invalidate({ scope: 'account', accountId: account.id });
  }
  const groups = await change.tx
    .selectDistinct({ groupId: accountGroups.groupId })
    .from(accountGroups)
    .innerJoin(accounts, eq(accounts.id, accountGroups.accountId))
    .where(eq(accounts.proxyId, id));
  for (const { groupId } of groups) change.invalidate({ scope: 'group', groupId });
  return shown;
}
