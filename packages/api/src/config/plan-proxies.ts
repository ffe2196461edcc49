import { schema, type Database, type Transaction } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import { loadProxies, type StoredProxy } from '../proxies/load-proxies.ts';
import { insertProxy, removeProxy, selectProxyChanges, updateProxy } from '../proxies/write-proxy.ts';
import type { ConfigProxy } from './config-resource-schemas.ts';
import type { Placed } from './placed-config.ts';
import {
  buildCreateStep,
  buildDeleteStep,
  buildUpdateStep,
  type PlanStep,
  type SectionPlan,
} from './plan.ts';
import { sortByName } from './sort-by-name.ts';

/** The proxies of these names, by name. */
export async function loadProxiesByName(
  db: Database | Transaction,
  names: readonly string[],
): Promise<Map<string, StoredProxy>> {
  if (names.length === 0) return new Map();
  const stored = await loadProxies(db, inArray(schema.proxies.name, [...names]), null);
  return new Map(stored.map((found) => [found.proxy.name, found]));
}

/** Proxy id → name, of all. */
export async function loadProxyNames(db: Database | Transaction): Promise<Map<string, string>> {
  const { proxies } = schema;
  const rows = await db.select({ id: proxies.id, name: proxies.name }).from(proxies);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** `existing`: proxies by name. */
export async function planProxies(
  entries: readonly Placed<ConfigProxy>[],
  existing: ReadonlyMap<string, StoredProxy>,
  services: ApiServices,
): Promise<SectionPlan> {
  const plan: SectionPlan = { steps: [], problems: [] };
  for (const { index, entry } of entries) {
    const current = existing.get(entry.name);
    if (!current && entry.url === undefined) {
      plan.problems.push({ path: `proxies[${index}].url`, message: 'required for a new proxy' });
    }
    plan.steps.push(current ? await planUpdate(entry, current, services) : planCreate(entry));
  }
  return plan;
}

function planCreate({ name, url = '' }: ConfigProxy): PlanStep {
  return buildCreateStep('proxy', name, async (change, references) => {
    const { id } = await insertProxy(change, { name, url });
    references.proxies.set(name, id);
  });
}

async function planUpdate(
  { name, url }: ConfigProxy,
  current: StoredProxy,
  services: ApiServices,
): Promise<PlanStep> {
  const changes = await selectProxyChanges(services, current, { url });
  return buildUpdateStep('proxy', name, current.proxy, changes, async (change) => {
    await updateProxy(change, current, { url });
  });
}

/** After the accounts: one that an account still goes through is not deleted. */
export async function planProxyDeletions(
  tx: Transaction,
  entries: readonly Placed<ConfigProxy>[],
): Promise<PlanStep[]> {
  const named = new Set(entries.map(({ entry }) => entry.name));
  return sortByName(await loadProxies(tx, undefined, null), ({ proxy }) => proxy.name)
    .filter(({ proxy }) => !named.has(proxy.name))
    .map(({ proxy }) => buildDeleteStep('proxy', proxy.name, (change) => removeProxy(change, proxy.id)));
}
