import { schema, type Transaction } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import { loadAccounts } from '../accounts/load-accounts.ts';
import { removeAccount } from '../accounts/write-account.ts';
import { requireAccountRoutes } from '../groups/require-group-links.ts';
import { mapGroup } from '../groups/map-group.ts';
import { removeGroup } from '../groups/write-group.ts';
import { loadKeys } from '../keys/load-keys.ts';
import { planAlertPrune } from './alerts/plan-alert-prune.ts';
import { removeKey } from '../keys/write-key.ts';
import { loadOverrides } from '../overrides/load-overrides.ts';
import { removeOverride } from '../overrides/write-override.ts';
import { findPruneProblems } from './find-prune-problems.ts';
import { mapUser } from '../users/map-user.ts';
import { removeUser } from '../users/write-user.ts';
import type { PlacedConfig } from './placed-config.ts';
import { planProxyDeletions } from './plan-proxies.ts';
import { planUnsetSettings } from './plan-settings.ts';
import { planRevocations } from './plan-subscriptions.ts';
import { loadSettings } from '../settings/load-settings.ts';
import type { ApiServices } from '../base/context.ts';
import { sortByName } from './sort-by-name.ts';
import { buildDeleteStep, type PlanStep, type SectionPlan } from './plan.ts';

/**
 * What is there and the file does not name, of the kinds whose list the file has (an empty list deletes all of a
 * kind, a missing one none). Keys first and groups last, so that nothing is deleted that something else still needs.
 */
export async function planPrune(
  { tx, services }: { tx: Transaction; services: ApiServices },
  raw: object,
  config: PlacedConfig,
): Promise<SectionPlan> {
  // A section with nothing behind it (`keys:`) is null.
  const isPresent = (section: keyof PlacedConfig) =>
    Object.entries(raw).some(
      ([name, value]) => name === section && typeof value === 'object' && value !== null,
    );
  const steps: PlanStep[] = [];
  if (isPresent('settings')) {
    const { set } = await loadSettings(tx, services.settingDefaults);
    steps.push(...planUnsetSettings(config.settings, set));
  }
  if (isPresent('subscriptions')) steps.push(...(await planRevocations(tx, config.subscriptions)));
  steps.push(...(await planAlertPrune(tx, config, isPresent)));
  if (isPresent('rpm_overrides')) steps.push(...(await planOverrides(tx, config)));
  if (isPresent('keys')) steps.push(...(await planKeys(tx, config)));
  const groups = isPresent('groups') ? await loadUnnamedGroups(tx, config) : [];
  if (groups.length > 0) steps.push(planUnlinking(groups.map(({ id }) => id)));
  if (isPresent('accounts')) steps.push(...(await planAccounts(tx, config)));
  if (isPresent('proxies')) steps.push(...(await planProxyDeletions(tx, config.proxies)));
  const users = isPresent('users') ? await loadUnnamedUsers(tx, config) : [];
  steps.push(
    ...users.map((user) => buildDeleteStep('user', user.email, (change) => removeUser(change, user))),
    ...groups.map((group) => buildDeleteStep('group', group.name, (change) => removeGroup(change, group))),
  );
  return { steps, problems: await findPruneProblems(tx, users) };
}

async function planOverrides(tx: Transaction, config: PlacedConfig): Promise<PlanStep[]> {
  const named = new Set(config.rpm_overrides.map(({ entry }) => `${entry.user}/${entry.group}`));
  const overrides = await loadOverrides(tx, undefined);
  const found = overrides.map((override) => ({
    override,
    name: `${override.userEmail}/${override.groupName}`,
  }));
  return sortByName(found, ({ name }) => name)
    .filter(({ name }) => !named.has(name))
    .map(({ override, name }) =>
      buildDeleteStep('rpm_override', name, (change) => removeOverride(change, override)),
    );
}

async function planKeys(tx: Transaction, config: PlacedConfig): Promise<PlanStep[]> {
  const named = new Set(config.keys.map(({ entry }) => `${entry.user}/${entry.name}`));
  const keys = await loadKeys(tx, undefined);
  const found = keys.map((stored) => ({ stored, name: `${stored.key.userEmail}/${stored.key.name}` }));
  return sortByName(found, ({ name }) => name)
    .filter(({ name }) => !named.has(name))
    .map(({ stored, name }) => buildDeleteStep('key', name, (change) => removeKey(change, stored)));
}

async function planAccounts(tx: Transaction, config: PlacedConfig): Promise<PlanStep[]> {
  const named = new Set(config.accounts.map(({ entry }) => entry.name));
  return sortByName(await loadAccounts(tx, undefined), ({ account }) => account.name)
    .filter(({ account }) => !named.has(account.name))
    .map((stored) =>
      buildDeleteStep('account', stored.account.name, async (change) => {
        await requireAccountRoutes(change.tx, stored.account.id, []);
        await removeAccount(change, stored);
      }),
    );
}

/** Groups that go together may lead to each other and to accounts that go: no order of deletion would do. */
function planUnlinking(groupIds: string[]): PlanStep {
  const { groups } = schema;
  const step = buildDeleteStep('group', '', (change) =>
    change.tx
      .update(groups)
      .set({ fallbackGroupId: null, invalidRequestFallbackGroupId: null, modelRouting: [] })
      .where(inArray(groups.id, groupIds)),
  );
  return { ...step, isShown: false };
}

async function loadUnnamedGroups(tx: Transaction, config: PlacedConfig) {
  const named = new Set(config.groups.map(({ entry }) => entry.name));
  const rows = await tx.select().from(schema.groups);
  return sortByName(rows, ({ name }) => name)
    .filter(({ name }) => !named.has(name))
    .map(mapGroup);
}

async function loadUnnamedUsers(tx: Transaction, config: PlacedConfig) {
  const named = new Set(config.users.map(({ entry }) => entry.email));
  const rows = await tx.select().from(schema.users);
  return sortByName(rows, ({ email }) => email)
    .filter(({ email }) => !named.has(email))
    .map(mapUser);
}
