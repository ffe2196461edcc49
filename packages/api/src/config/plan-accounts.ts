import { isDeepStrictEqual } from 'node:util';
import type { AccountPatch } from '../accounts/account-schemas.ts';
import type { StoredAccount } from '../accounts/load-accounts.ts';
import { insertAccount, selectAccountChanges, updateAccount } from '../accounts/write-account.ts';
import type { ApiServices } from '../base/context.ts';
import type { Change } from '../change/run-change.ts';
import type { Problem } from '../problems/problem.ts';
import type { ConfigAccount } from './config-schema.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import type { Placed } from './placed-config.ts';
import {
  buildCreateStep,
  buildUpdateStep,
  type PlanStep,
  type References,
  type SectionPlan,
} from './plan.ts';
import { getReference } from './get-reference.ts';

type Links = NonNullable<AccountPatch['groups']>;

/** `existing`: accounts by name. `proxyNames`: proxy id → name. */
export async function planAccounts(
  entries: readonly Placed<ConfigAccount>[],
  existing: ReadonlyMap<string, StoredAccount>,
  proxyNames: ReadonlyMap<string, string>,
  services: ApiServices,
): Promise<SectionPlan> {
  const plan: SectionPlan = { steps: [], problems: [] };
  for (const { index, entry } of entries) {
    const current = existing.get(entry.name);
    if (current) plan.problems.push(...checkFixedFields(index, entry, current));
    else if (!entry.credentials) {
      plan.problems.push({ path: `accounts[${index}].credentials`, message: 'required for a new account' });
    }
    plan.steps.push(current ? await planUpdate(entry, current, proxyNames, services) : planCreate(entry));
  }
  return plan;
}

function planCreate(entry: ConfigAccount): PlanStep {
  const { name, platform, kind, credentials = {}, groups = [] } = entry;
  return buildCreateStep('account', name, async (change, references) => {
    const links = groups.map((group) => ({
      id: getReference(references.groups, group.name),
      priority: group.priority ?? null,
    }));
    const settings = { ...mapSettings(entry), ...mapProxyName(entry, references) };
    const fields = { name, platform, kind, ...settings, credentials, groups: links };
    const { account } = await insertAccount(change, fields);
    references.accounts.set(name, account.id);
  });
}

async function planUpdate(
  entry: ConfigAccount,
  current: StoredAccount,
  proxyNames: ReadonlyMap<string, string>,
  services: ApiServices,
): Promise<PlanStep> {
  const settings = mapSettings(entry);
  const proxyName = proxyNames.get(current.account.proxyId ?? '') ?? null;
  const before = { ...current.account, groups: showLinks(current.account.groups), proxyName };
  const wanted = entry.groups && showLinks(fillLinks(entry.groups, current));
  const isSameGroups = wanted === undefined || isDeepStrictEqual(wanted, before.groups);
  const changes = {
    ...(await selectAccountChanges(services, current, settings)),
    ...(isSameGroups ? {} : { groups: wanted }),
    ...selectNameChange(entry, current, proxyName),
  };
  return buildUpdateStep(
    'account',
    entry.name,
    before,
    changes,
    async (change: Change, references: References) => {
      const groups = entry.groups && buildLinks(entry.groups, current, references);
      const proxy = mapProxyName(entry, references);
      await updateAccount(change, current, dropAbsent({ ...settings, ...proxy, groups }));
    },
  );
}

/** Said of an account that goes through a URL of its own, null takes that as well. */
function selectNameChange(
  { proxy, proxy_name: name }: ConfigAccount,
  { sealedProxyUrl }: StoredAccount,
  present: string | null,
): { proxyName?: string | null } {
  if (name === undefined) return {};
  const isLeft = name === null && proxy === undefined && sealedProxyUrl !== null;
  return name !== present || isLeft ? { proxyName: name } : {};
}

function mapProxyName(
  { proxy_name: name }: ConfigAccount,
  references: References,
): { proxyId?: string | null } {
  if (name === undefined) return {};
  return { proxyId: name === null ? null : getReference(references.proxies, name) };
}

/** A link that stays keeps its priority when the file says none. */
function fillLinks(links: NonNullable<ConfigAccount['groups']>, { account }: StoredAccount) {
  return links.map(({ name, priority }) => {
    const present = account.groups.find((link) => link.name === name)?.priority;
    return { name, priority: (priority === undefined ? present : priority) ?? null };
  });
}

/** As files have them: the name alone where the account's own priority holds. */
function showLinks(links: readonly { name: string; priority: number | null }[]) {
  return links
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, priority }) => (priority === null ? name : { name, priority }));
}

function buildLinks(
  links: NonNullable<ConfigAccount['groups']>,
  current: StoredAccount,
  references: References,
): Links {
  return fillLinks(links, current).map(({ name, priority }) => ({
    id: getReference(references.groups, name),
    priority,
  }));
}

function checkFixedFields(index: number, entry: ConfigAccount, { account }: StoredAccount): Problem[] {
  return (['platform', 'kind'] as const)
    .filter((field) => entry[field] !== account[field])
    .map((field) => ({
      path: `accounts[${index}].${field}`,
      message: `account ${entry.name} has ${field} ${account[field]}, which cannot be changed`,
    }));
}

function mapSettings(entry: ConfigAccount): Omit<AccountPatch, 'groups'> {
  return dropAbsent({
    baseUrl: entry.base_url,
    upstreamProtocol: entry.upstream_protocol,
    project: entry.project,
    credentials: entry.credentials,
    concurrency: entry.concurrency,
    priority: entry.priority,
    status: entry.status,
    schedulable: entry.schedulable,
    expiresAt: entry.expires_at,
    modelMapping: entry.model_mapping,
    // null beside a name says that it has no URL of its own.
    proxy: typeof entry.proxy_name === 'string' ? undefined : entry.proxy,
    sessionsMax: entry.sessions_max,
    sessionIdleMinutes: entry.session_idle_minutes,
    windowCostLimit: entry.window_cost_limit,
    windowCostReserve: entry.window_cost_reserve,
    interceptWarmUps: entry.intercept_warm_ups,
    passedStatuses: entry.passed_statuses,
    pauseRules: entry.pause_rules,
    pinnedHeaders: entry.pinned_headers,
  });
}
