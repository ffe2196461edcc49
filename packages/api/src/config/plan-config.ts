import { schema, type Database, type Transaction } from '@tollgate/db';
import type { ApiServices } from '../base/context.ts';
import { mapGroup } from '../groups/map-group.ts';
import { loadGroupGraph, nameGroupGraph } from '../groups/load-group-graph.ts';
import type { Problem } from '../problems/problem.ts';
import { describeMissing, type KeptSecret } from './keep-secrets.ts';
import {
  loadAccountsByName,
  loadKeysOf,
  loadOpenings,
  loadOverridesOf,
  loadUsers,
} from './load-named-objects.ts';
import type { PlacedConfig } from './placed-config.ts';
import { planAlertChannels } from './alerts/plan-alert-channels.ts';
import { planAlertRules } from './alerts/plan-alert-rules.ts';
import { planAccounts } from './plan-accounts.ts';
import { loadProxiesByName, loadProxyNames, planProxies } from './plan-proxies.ts';
import { planSettings } from './plan-settings.ts';
import { loadSubscriptionsOf, planSubscriptions } from './plan-subscriptions.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { planGroups } from './plan-groups.ts';
import { planKeys } from './plan-keys.ts';
import { planRpmOverrides } from './plan-rpm-overrides.ts';
import { planUsers } from './plan-users.ts';
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
