import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { checkProxy, isSameProxy, sealProxyUrl } from '../accounts/seal-proxy.ts';
import type { ApiServices } from '../base/context.ts';
import type { Change } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadProxy, type StoredProxy } from './load-proxies.ts';
import type { Proxy, ProxyCreate, ProxyPatch } from './proxy-schemas.ts';

const { accountGroups, accounts, proxies } = schema;

/** User and password go in sealed and never come out. */
export async function insertProxy(change: Change, { name, url }: ProxyCreate): Promise<Proxy> {
  const id = change.createId('proxy');
  const { href, shown } = await checkProxy(change.services, url, 'url');
  await change.tx.insert(proxies).values({
    id,
    name,
    shown,
    sealedUrl: sealProxyUrl(change.services, id, href),
    createdAt: change.now,
    updatedAt: change.now,
  });
  change.audit('proxy.create', id, { name, url: shown });
  return (await loadProxy(change.tx, { id })).proxy;
}

/** What the patch would change; `url` is there when it is another one than the sealed one. */
export async function selectProxyChanges(
  services: ApiServices,
  { proxy, sealedUrl }: StoredProxy,
  { name, url }: ProxyPatch,
): Promise<ProxyPatch> {
  const isNewName = name !== undefined && name !== proxy.name;
  const isNewUrl = url !== undefined && !(await isSameProxy(services, proxy.id, sealedUrl, url, 'url'));
  return { ...(isNewName && { name }), ...(isNewUrl && { url }) };
}

/** Only the given fields change. Accounts that go through the proxy go through the new URL, on every node. */
export async function updateProxy(change: Change, stored: StoredProxy, patch: ProxyPatch): Promise<Proxy> {
  const { id } = stored.proxy;
  const { name, url } = await selectProxyChanges(change.services, stored, patch);
  if (name === undefined && url === undefined) return stored.proxy;
  const shown = url === undefined ? undefined : await writeUrl(change, id, url);
  await change.tx.update(proxies).set({ name, updatedAt: change.now }).where(eq(proxies.id, id));
  change.audit('proxy.update', id, {
    ...(name !== undefined && { name }),
    ...(shown !== undefined && { url: shown }),
  });
  return (await loadProxy(change.tx, { id })).proxy;
}

/** One that accounts go through stays: without it they would go direct. */
export async function removeProxy(change: Change, id: string): Promise<void> {
  const { proxy } = await loadProxy(change.tx, { id });
  if (proxy.accounts > 0) {
    throw buildProblem('conflict', '', `${proxy.accounts} account(s) go through proxy ${proxy.name}`);
  }
  await change.tx.delete(proxies).where(eq(proxies.id, id));
  change.audit('proxy.delete', id, { name: proxy.name });
}

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
