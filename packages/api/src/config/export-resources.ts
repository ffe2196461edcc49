import { buildProxySealContext } from '@tollgate/core';
import { openSecret, type Transaction } from '@tollgate/db';
import type { ApiServices } from '../base/context.ts';
import { loadProxies, type StoredProxy } from '../proxies/load-proxies.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { buildExportEntry, type ExportEntry, type ExportOptions } from './export-entry.ts';
import { SUBSCRIPTION_DEFAULTS } from './export-defaults.ts';
import { loadCountingSubscriptions } from './plan-subscriptions.ts';
import { sortByName } from './sort-by-name.ts';
import { toSnakeCase } from './to-snake-case.ts';
import { selectVariablePrefix } from './variable-prefix.ts';

/** URLs with a password in them are optional references, each with a variable of its own. */
export async function exportProxies(tx: Transaction, services: ApiServices): Promise<ExportEntry[]> {
  const taken = new Set<string>();
  const stored = sortByName(await loadProxies(tx, undefined, null), ({ proxy }) => proxy.name);
  return stored.map((one) => {
    const prefix = selectVariablePrefix('TOLLGATE_PROXY', one.proxy.name, taken);
    return { name: one.proxy.name, url: showUrl(services, one) ?? { env: `${prefix}_URL`, optional: true } };
  });
}

/** null = user and password, or a seal that does not open. */
function showUrl(services: ApiServices, { proxy, sealedUrl }: StoredProxy): string | null {
  try {
    const href = openSecret(sealedUrl, services.secretKey, buildProxySealContext(proxy.id));
    return href === proxy.url ? href : null;
  } catch {
    return null;
  }
}

/** Those that count, also the ones that have expired: what was revoked is history. */
export async function exportSubscriptions(tx: Transaction, options: ExportOptions): Promise<ExportEntry[]> {
  const found = await loadCountingSubscriptions(tx);
  const sorted = sortByName(found, ({ userEmail, groupName }) => `${userEmail}/${groupName}`);
  return sorted.map(({ row, userEmail: user, groupName: group }) => {
    const period = { starts_at: row.startsAt.toISOString(), expires_at: row.expiresAt.toISOString() };
    const named = { user, group, ...period };
    return buildExportEntry({ named, fields: row, defaults: SUBSCRIPTION_DEFAULTS }, options);
  });
}

/** What an admin has set; the rest goes by the configuration, here as elsewhere. */
export async function exportSettings(tx: Transaction, services: ApiServices): Promise<ExportEntry> {
  const { values, set } = await loadSettings(tx, services.settingDefaults);
  return Object.fromEntries(set.map((name) => [toSnakeCase(name), values[name]]));
}
