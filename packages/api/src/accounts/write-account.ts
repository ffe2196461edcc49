import { schema } from '@tollgate/db';
import type { AccountKind, Platform } from '@tollgate/core';
import { eq, inArray } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import type { Change } from '../change/run-change.ts';
import { selectChanges } from '../change/select-changes.ts';
import { normaliseInstant } from '../fields/text-fields.ts';
import { buildProblem, ProblemError } from '../problems/problem.ts';
import type { AccountCreate, AccountPatch } from './account-schemas.ts';
import { checkCredentials, type Credentials } from './credentials-schema.ts';
import { DEFAULT_BASE_URLS } from './default-base-urls.ts';
import { loadAccount, type StoredAccount } from './load-accounts.ts';
import { isSameCredentials, sealCredentials } from './seal-credentials.ts';

const { accountGroups, accounts, groups } = schema;
type Links = NonNullable<AccountPatch['groups']>;

export async function insertAccount(change: Change, fields: AccountCreate): Promise<StoredAccount> {
  const { credentials, groups: links = [], expiresAt, ...columns } = fields;
  const id = change.createId('account');
  requireCredentials(fields.kind, credentials);
  await requireGroups(change, fields.platform, links);
  const baseUrl = await checkBaseUrl(change.services, fields.baseUrl ?? DEFAULT_BASE_URLS[fields.platform]);
  await change.tx.insert(accounts).values({
    ...columns,
    id,
    baseUrl,
    sealedCredentials: sealCredentials(change.services, id, credentials),
    expiresAt: mapInstant(expiresAt),
    createdAt: change.now,
    updatedAt: change.now,
  });
  await writeLinks(change, id, links);
  change.audit('account.create', id, { ...columns, baseUrl, groups: links, expiresAt, credentials: 'set' });
  invalidateAccount(
    change,
    id,
    links.map((link) => link.id),
  );
  return loadAccount(change.tx, id);
}

/** What the patch would change; `credentials` is there when they are other ones than the sealed ones. */
export function selectAccountChanges(
  services: ApiServices,
  current: StoredAccount,
  patch: AccountPatch,
): AccountPatch {
  const { credentials, groups: links, ...fields } = patch;
  const { id } = current.account;
  const expiresAt = normaliseInstant(patch.expiresAt);
  const changes = selectChanges<AccountPatch>(
    { ...current.account, groups: sortLinks(current.account.groups) },
    { ...fields, expiresAt, groups: links && sortLinks(links) },
  );
  if (credentials && !isSameCredentials(services, id, current.sealedCredentials, credentials)) {
    changes.credentials = credentials;
  }
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
  const baseUrl = patch.baseUrl && (await checkBaseUrl(services, patch.baseUrl));
  const changes = selectAccountChanges(services, current, { ...patch, baseUrl });
  if (Object.keys(changes).length === 0) return current;
  const { credentials, groups: links, expiresAt, ...columns } = changes;
  if (credentials) requireCredentials(kind, credentials);
  if (links) {
    await requireGroups(change, platform, links);
    await tx.delete(accountGroups).where(eq(accountGroups.accountId, id));
    await writeLinks(change, id, links);
  }
  const sealedCredentials = credentials && sealCredentials(services, id, credentials);
  await tx
    .update(accounts)
    .set({ ...columns, sealedCredentials, expiresAt: mapInstant(expiresAt), updatedAt: change.now })
    .where(eq(accounts.id, id));
  change.audit('account.update', id, { ...changes, ...(credentials && { credentials: 'set' }) });
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

/** undefined = not asked for (drizzle leaves the column alone). */
function mapInstant(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? new Date(text) : text;
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
