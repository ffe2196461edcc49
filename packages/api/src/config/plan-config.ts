import { schema, type Database, type Transaction } from '@tollgate/db';
import { inArray, or } from 'drizzle-orm';
import { loadAccounts, type StoredAccount } from '../accounts/load-accounts.ts';
import type { ApiServices } from '../base/context.ts';
import { mapGroup } from '../groups/map-group.ts';
import { loadKeys, type StoredKey } from '../keys/load-keys.ts';
import { loadGroupGraph, nameGroupGraph } from '../groups/load-group-graph.ts';
import { loadOverrides } from '../overrides/load-overrides.ts';
import type { Override } from '../overrides/override-schemas.ts';
import type { Problem } from '../problems/problem.ts';
import { mapUser } from '../users/map-user.ts';
import type { User } from '../users/user-schemas.ts';
import { describeMissing, type KeptSecret } from './keep-secrets.ts';
import { hashConfigKey } from './key-secret.ts';
import type { PlacedConfig } from './parse-config.ts';
import { planAlertChannels } from './alerts/plan-alert-channels.ts';
import { planAlertRules } from './alerts/plan-alert-rules.ts';
import { planAccounts } from './plan-accounts.ts';
import { loadProxiesByName, planProxies } from './plan-proxies.ts';
import { planSettings } from './plan-settings.ts';
import { loadSubscriptionsOf, planSubscriptions } from './plan-subscriptions.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { planGroups } from './plan-groups.ts';
import { planKeys } from './plan-keys.ts';
import { planRpmOverrides } from './plan-rpm-overrides.ts';
import { buildOpeningLedgerId, planUsers } from './plan-users.ts';
import type { PlanStep, References, SectionPlan } from './plan.ts';

export interface ConfigPlan {
  /** In the order in which they are applied: settings, proxies, groups, accounts, users, subscriptions, keys, overrides. */
  steps: PlanStep[];
  problems: Problem[];
  /** Ids by name of what is there before the plan is applied. */
  references: References;
}

/** Compares the file with the database. Writes nothing. */
export async function planConfig(
  db: Database | Transaction,
  config: PlacedConfig,
  services: ApiServices,
  kept: readonly KeptSecret[],
): Promise<ConfigPlan> {
  const groupRows = await db.select().from(schema.groups);
  const groups = new Map(groupRows.map((row) => [row.name, mapGroup(row)]));
  const users = await loadUsers(db, config);
  const graph = await loadGroupGraph(db);
  const storedProxies = await loadProxiesByName(db, listProxyNames(config));
  const proxies = await planProxies(config.proxies, storedProxies, services);
  const storedAccounts = await loadAccountsByName(db, config);
  const accounts = await planAccounts(config.accounts, storedAccounts, await loadProxyNames(db), services);
  const keys = planKeys(config.keys, await loadKeysOf(db, config, users));
  const subscribed = config.subscriptions.flatMap(({ entry }) => users.get(entry.user)?.id ?? []);
  const types = new Map([...groups.values()].map(({ name, type }) => [name, type]));
  for (const { entry } of config.groups) if (entry.type) types.set(entry.name, entry.type);
  const alertChannels = await planAlertChannels(db, config.alert_channels, services);
  const sections = [
    planSettings(config.settings, await loadSettings(db, services.settingDefaults)),
    tellMissing('proxies', config, proxies, kept),
    planGroups(config.groups, groups, nameGroupGraph(graph)),
    tellMissing('accounts', config, accounts, kept),
    planUsers(config.users, users, await loadOpenings(db, [...users.values()])),
    planSubscriptions(config.subscriptions, await loadSubscriptionsOf(db, subscribed), {
      typeOf: (name) => types.get(name) ?? (isNewGroup(config, name) ? 'standard' : undefined),
      now: new Date(services.clock.nowMs()),
    }),
    tellMissing('keys', config, keys, kept),
    planRpmOverrides(config.rpm_overrides, await loadOverridesOf(db, config, users)),
    tellMissing('alert_channels', config, alertChannels, kept),
    await planAlertRules(db, config.alert_rules, new Date(services.clock.nowMs())),
  ];
  return {
    steps: sections.flatMap(({ steps }) => steps),
    problems: sections.flatMap(({ problems }) => problems),
    references: {
      proxies: new Map([...storedProxies].map(([name, { proxy }]) => [name, proxy.id])),
      groups: new Map([...groups.values()].map(({ id, name }) => [name, id])),
      accounts: new Map([...graph.accounts].map(([id, { name }]) => [name, id])),
      users: new Map([...users.values()].map(({ id, email }) => [email, id])),
    },
  };
}

/** Of a group that is not there and whose entry says nothing of it. */
function isNewGroup({ groups }: PlacedConfig, name: string): boolean {
  return groups.some(({ entry }) => entry.name === name);
}

/** Those of the file, and those that its accounts go through. */
function listProxyNames({ proxies, accounts }: PlacedConfig): string[] {
  return [
    ...proxies.map(({ entry }) => entry.name),
    ...accounts.flatMap(({ entry }) => entry.proxy_name ?? []),
  ];
}

/** Proxy id → name. */
async function loadProxyNames(db: Database | Transaction): Promise<Map<string, string>> {
  const { proxies } = schema;
  const rows = await db.select({ id: proxies.id, name: proxies.name }).from(proxies);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** A new object has no secret that it could keep: told in place of "required", where the file has the reference. */
function tellMissing(
  section: KeptSecret['section'],
  config: PlacedConfig,
  { steps, problems }: SectionPlan,
  kept: readonly KeptSecret[],
): SectionPlan {
  const fresh = new Set(
    config[section].filter((_, at) => steps[at]?.entry.action === 'create').map(({ index }) => index),
  );
  const missing = kept.filter((one) => one.section === section && fresh.has(one.index)).map(describeMissing);
  const isTold = ({ path }: Problem) => missing.some((one) => one.path.startsWith(path));
  return { steps, problems: [...problems.filter((problem) => !isTold(problem)), ...missing] };
}

async function loadAccountsByName(
  db: Database | Transaction,
  config: PlacedConfig,
): Promise<Map<string, StoredAccount>> {
  const names = config.accounts.map(({ entry }) => entry.name);
  if (names.length === 0) return new Map();
  const stored = await loadAccounts(db, inArray(schema.accounts.name, names));
  return new Map(stored.map((found) => [found.account.name, found]));
}

/** By e-mail: users of the file, owners of its subscriptions, keys and overrides. */
async function loadUsers(db: Database | Transaction, config: PlacedConfig): Promise<Map<string, User>> {
  const emails = [
    ...config.users.map(({ entry }) => entry.email),
    ...config.subscriptions.map(({ entry }) => entry.user),
    ...config.keys.map(({ entry }) => entry.user),
    ...config.rpm_overrides.map(({ entry }) => entry.user),
  ];
  if (emails.length === 0) return new Map();
  const rows = await db.select().from(schema.users).where(inArray(schema.users.email, emails));
  return new Map(rows.map((row) => [row.email, mapUser(row)]));
}

/** User id → opening balance in USD. */
async function loadOpenings(
  db: Database | Transaction,
  users: readonly User[],
): Promise<Map<string, string>> {
  const ids = users.map((user) => buildOpeningLedgerId(user.id));
  if (ids.length === 0) return new Map();
  const { ledger } = schema;
  const rows = await db
    .select({ userId: ledger.userId, amount: ledger.amount })
    .from(ledger)
    .where(inArray(ledger.id, ids));
  return new Map(rows.map(({ userId, amount }) => [userId, amount]));
}

async function loadKeysOf(
  db: Database | Transaction,
  config: PlacedConfig,
  users: ReadonlyMap<string, User>,
): Promise<StoredKey[]> {
  if (config.keys.length === 0) return [];
  const { keys } = schema;
  const hashes = config.keys.flatMap(({ entry }) => hashConfigKey(entry) ?? []);
  const owners = config.keys.flatMap(({ entry }) => users.get(entry.user)?.id ?? []);
  const names = config.keys.map(({ entry }) => entry.name);
  const owned = owners.length > 0 ? inArray(keys.userId, owners) : undefined;
  const hashed = hashes.length > 0 ? inArray(keys.hash, hashes) : undefined;
  // Neither known owners nor keys: without a condition these would be all.
  if (!hashed && !owned) return [];
  const stored = await loadKeys(db, or(hashed, owned));
  // An owner may have many more keys than the file names.
  const wanted = new Set(names);
  const hashSet = new Set(hashes);
  return stored.filter(({ key, hash }) => wanted.has(key.name) || hashSet.has(hash));
}

async function loadOverridesOf(
  db: Database | Transaction,
  config: PlacedConfig,
  users: ReadonlyMap<string, User>,
): Promise<Override[]> {
  const ids = config.rpm_overrides.flatMap(({ entry }) => users.get(entry.user)?.id ?? []);
  if (ids.length === 0) return [];
  return loadOverrides(db, inArray(schema.rpmOverrides.userId, [...new Set(ids)]));
}
