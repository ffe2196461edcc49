import { schema, type Transaction } from '@tollgate/db';
import { loadAccounts } from '../accounts/load-accounts.ts';
import type { ApiServices } from '../base/context.ts';
import { loadGroupGraph, nameGroupGraph } from '../groups/load-group-graph.ts';
import { mapGroup } from '../groups/map-group.ts';
import { loadKeys } from '../keys/load-keys.ts';
import { loadOverrides } from '../overrides/load-overrides.ts';
import { mapUser } from '../users/map-user.ts';
import { exportAlertChannels, exportAlertRules } from './alerts/export-alerts.ts';
import { exportProxies, exportSettings, exportSubscriptions } from './export-resources.ts';
import { createAccountExport } from './export-account.ts';
import { GROUP_DEFAULTS, KEY_DEFAULTS, USER_DEFAULTS } from './export-defaults.ts';
import { loadProxyNames } from './plan-proxies.ts';
import { sortByName } from './sort-by-name.ts';
import { buildExportEntry, renameFields, type ExportEntry, type ExportOptions } from './export-entry.ts';

export type ExportedConfig = Record<
  | 'proxies'
  | 'groups'
  | 'accounts'
  | 'users'
  | 'subscriptions'
  | 'keys'
  | 'rpm_overrides'
  | 'alert_channels'
  | 'alert_rules',
  ExportEntry[]
> & { settings: ExportEntry };

/**
 * Everything that a file can say, as a file would say it, all as of one moment. Secrets of accounts are optional
 * references, keys are hashes: applied where it comes from it changes nothing, applied to an empty installation, with
 * the secrets at hand, it makes the same objects.
 */
export function exportConfig(services: ApiServices, options: ExportOptions): Promise<ExportedConfig> {
  return services.db.transaction(
    async (tx) => ({
      settings: await exportSettings(tx, services),
      proxies: await exportProxies(tx, services),
      groups: await exportGroups(tx, options),
      accounts: await exportAccounts(tx, services, options),
      users: await exportUsers(tx, options),
      subscriptions: await exportSubscriptions(tx, options),
      keys: await exportKeys(tx, options),
      rpm_overrides: await exportOverrides(tx),
      alert_channels: await exportAlertChannels(tx, options),
      alert_rules: await exportAlertRules(tx, options),
    }),
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}

async function exportGroups(tx: Transaction, options: ExportOptions): Promise<ExportEntry[]> {
  const { groups: nodes } = nameGroupGraph(await loadGroupGraph(tx));
  const rows = await tx.select().from(schema.groups);
  return sortByName(rows, ({ name }) => name)
    .map(mapGroup)
    .map((group) => {
      const node = nodes.get(group.name);
      const links = {
        fallback_group: node?.fallback ?? null,
        fallback_group_on_invalid_request: node?.invalidRequestFallback ?? null,
        model_routing: node?.routes ?? [],
        messages_dispatch: renameFields(group.messagesDispatch),
        supported_model_scopes: group.modelScopes,
      };
      const named = { name: group.name, platform: group.platform };
      return buildExportEntry({ named, fields: group, defaults: GROUP_DEFAULTS, links }, options);
    });
}

async function exportAccounts(
  tx: Transaction,
  services: ApiServices,
  options: ExportOptions,
): Promise<ExportEntry[]> {
  const proxyNames = await loadProxyNames(tx);
  const accounts = sortByName(await loadAccounts(tx, undefined), ({ account }) => account.name);
  return accounts.map(createAccountExport(services, proxyNames, options));
}

async function exportUsers(tx: Transaction, options: ExportOptions): Promise<ExportEntry[]> {
  const rows = await tx.select().from(schema.users);
  return sortByName(rows, ({ email }) => email)
    .map(mapUser)
    .map((user) =>
      buildExportEntry({ named: { email: user.email }, fields: user, defaults: USER_DEFAULTS }, options),
    );
}

async function exportKeys(tx: Transaction, options: ExportOptions): Promise<ExportEntry[]> {
  const stored = sortByName(await loadKeys(tx, undefined), ({ key }) => `${key.userEmail}/${key.name}`);
  return stored.map(({ key, hash }) => {
    const named = {
      user: key.userEmail,
      name: key.name,
      groups: key.groups.map((group) => group.name),
      key_hash: hash,
      key_prefix: key.prefix,
    };
    return buildExportEntry({ named, fields: key, defaults: KEY_DEFAULTS }, options);
  });
}

async function exportOverrides(tx: Transaction): Promise<ExportEntry[]> {
  const overrides = await loadOverrides(tx, undefined);
  const sorted = sortByName(overrides, ({ userEmail, groupName }) => `${userEmail}/${groupName}`);
  return sorted.map(({ userEmail: user, groupName: group, rpm }) => ({
    user,
    group,
    rpm,
  }));
}
