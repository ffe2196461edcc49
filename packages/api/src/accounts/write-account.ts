import { schema } from '@tollgate/db';
import type { AccountKind, Platform } from '@tollgate/core';
import { eq, inArray } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import type { Change } from '../change/run-change.ts';
import { selectChanges } from '../change/select-changes.ts';
import { buildProblem, ProblemError } from '../problems/problem.ts';
import type { AccountCreate, AccountPatch } from './account-schemas.ts';
import { buildAccountColumns, normaliseAccountPatch } from './account-columns.ts';
import { checkKindSettings } from './check-kind-settings.ts';
import { checkCredentials, type Credentials } from './credentials-schema.ts';
import { DEFAULT_BASE_URLS } from './default-base-urls.ts';
import { loadAccount, type StoredAccount } from './load-accounts.ts';
import { buildRefreshColumns, selectNextRefresh } from './refresh-columns.ts';
import { isSameCredentials, sealCredentials } from './seal-credentials.ts';
import { buildProxyColumns, isSameProxy, requireOneProxy } from './seal-proxy.ts';

const { accountGroups, accounts, groups } = schema;
type Links = NonNullable<AccountPatch['groups']>;

export async function insertAccount(change: Change, fields: AccountCreate): Promise<StoredAccount> {
  const { credentials, proxy, proxyId, groups: links = [], kind, platform, ...rest } = fields;
  const settings = normaliseAccountPatch(rest);
  const id = change.createId('account');
  requireCredentials(kind, credentials);
  requireKindSettings({ kind, platform }, settings);
  requireOneProxy(fields);
  await requireGroups(change, platform, links);
  const baseUrl = await checkBaseUrl(change.services, fields.baseUrl ?? DEFAULT_BASE_URLS[platform]);
  const proxyColumns = await buildProxyColumns(change, id, { proxy, proxyId });
  await change.tx.insert(accounts).values({
    ...buildAccountColumns(settings),
    ...proxyColumns,
    id,
    name: fields.name,
    platform,
    kind,
    baseUrl,
    sealedCredentials: sealCredentials(change.services, id, credentials),
    nextRefreshAt: selectNextRefresh(kind, credentials, change.now),
    createdAt: change.now,
    updatedAt: change.now,
  });
  await writeLinks(change, id, links);
  const shown = { ...settings, platform, kind, baseUrl, groups: links, credentials: 'set' };
  change.audit('account.create', id, {
    ...shown,
    proxy: proxyColumns?.proxyShown ?? null,
    proxyId: proxyColumns?.proxyId ?? null,
  });
  invalidateAccount(
    change,
    id,
    links.map((link) => link.id),
  );
  return loadAccount(change.tx, id);
}

/** What the patch would change; `credentials` and `proxy` are there when they are other ones than the sealed ones. */
export async function selectAccountChanges(
  services: ApiServices,
  current: StoredAccount,
  patch: AccountPatch,
): Promise<AccountPatch> {
  const { credentials, proxy, proxyId, groups: links, ...settings } = patch;
  const { id } = current.account;
  const changes = selectChanges<AccountPatch>(
    { ...current.account, groups: sortLinks(current.account.groups) },
    { ...normaliseAccountPatch(settings), proxyId, groups: links && sortLinks(links) },
  );
  if (credentials && !isSameCredentials(services, id, current, credentials)) {
    changes.credentials = credentials;
  }
  if (proxy !== undefined && !(await isSameProxy(services, id, current.sealedProxyUrl, proxy))) {
    changes.proxy = proxy;
  }
  if (typeof proxy === 'string' && changes.proxyId === null) changes.proxy = proxy;
  // null of a proxy that is no named one: it is to go direct all the same.
  if (proxyId === null && proxy === undefined && current.sealedProxyUrl !== null) changes.proxyId = null;
  return changes;
}

/** Writes only what differs. Groups that lose or gain the account hear of it as well. */
export async function updateAccount(
  change: Change,
  current: StoredAccount,
  patch: AccountPatch,
): Promise<StoredAccount> {
  const { services, tx } = change;
  const { id, kind, platform } = current.account;
  requireOneProxy(patch);
  const baseUrl = patch.baseUrl && (await checkBaseUrl(services, patch.baseUrl));
  const changes = await selectAccountChanges(services, current, { ...patch, baseUrl });
  if (Object.keys(changes).length === 0) return current;
  const { credentials, proxy, proxyId, groups: links, ...settings } = changes;
  if (credentials) requireCredentials(kind, credentials);
  requireKindSettings({ kind, platform }, settings);
  if (links) {
    await requireGroups(change, platform, links);
    await tx.delete(accountGroups).where(eq(accountGroups.accountId, id));
    await writeLinks(change, id, links);
  }
  const proxyColumns = await buildProxyColumns(change, id, { proxy, proxyId });
  const sealedCredentials = credentials && sealCredentials(services, id, credentials);
  await tx
    .update(accounts)
    .set({
      ...buildAccountColumns(settings),
      ...proxyColumns,
      ...buildRefreshColumns(current.account, changes, change.now),
      sealedCredentials,
      updatedAt: change.now,
    })
    .where(eq(accounts.id, id));
  change.audit('account.update', id, {
    ...changes,
    ...(credentials && { credentials: 'set' }),
    ...(proxyColumns && { proxy: proxyColumns.proxyShown }),
  });
  const touched = [...current.account.groups, ...(links ?? [])].map((link) => link.id);
  invalidateAccount(change, id, touched);
  return loadAccount(tx, id);
}

export async function removeAccount(change: Change, { account }: StoredAccount): Promise<void> {
  await change.tx.delete(accounts).where(eq(accounts.id, account.id));
  change.audit('account.delete', account.id, { name: account.name });
  invalidateAccount(
    change,
    account.id,
    account.groups.map((link) => link.id),
  );
}

function invalidateAccount(change: Change, accountId: string, groupIds: readonly string[]): void {
  change.invalidate({ scope: 'account', accountId });
  for (const groupId of groupIds) change.invalidate({ scope: 'group', groupId });
}

/** One order and one form for both sides of a comparison. */
function sortLinks(links: readonly Links[number][]): Links {
  return links
    .map(({ id, priority }) => ({ id, priority: priority ?? null }))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

async function writeLinks(change: Change, accountId: string, links: Links): Promise<void> {
  if (links.length === 0) return;
  await change.tx
    .insert(accountGroups)
    .values(links.map(({ id, priority }) => ({ accountId, groupId: id, priority: priority ?? null })));
}

function requireCredentials(kind: AccountKind, credentials: Credentials): void {
  const problems = checkCredentials(kind, credentials);
  if (problems.length === 0) return;
  throw new ProblemError(
    'invalid',
    problems.map(({ path, message }) => ({ path: `credentials.${path}`, message })),
  );
}

function requireKindSettings(fixed: { kind: AccountKind; platform: Platform }, settings: AccountPatch): void {
  const problems = checkKindSettings(fixed, settings);
  if (problems.length > 0) throw new ProblemError('invalid', problems);
}

/** An account can only serve groups of its own platform. */
async function requireGroups(change: Change, platform: Platform, links: Links): Promise<void> {
  if (links.length === 0) return;
  const found = await change.tx
    .select({ id: groups.id, name: groups.name, platform: groups.platform })
    .from(groups)
    .where(
      inArray(
        groups.id,
        links.map((link) => link.id),
      ),
    );
  for (const [index, { id }] of links.entries()) {
    const group = found.find((row) => row.id === id);
    if (!group) throw buildProblem('not-found', `groups[${index}].id`, `no such group: ${id}`);
    if (group.platform !== platform) {
      const text = `group ${group.name} is of platform ${group.platform}, the account of ${platform}`;
      throw buildProblem('invalid', `groups[${index}].id`, text);
    }
  }
}

async function checkBaseUrl(services: ApiServices, url: string): Promise<string> {
  try {
    return await services.checkUpstreamUrl(url);
  } catch (fault) {
    throw buildProblem('invalid', 'baseUrl', fault instanceof Error ? fault.message : 'not allowed');
  }
}
