import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, inArray } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import { runChange, type Actor, type Change } from '../change/run-change.ts';
import { ProblemError, type Problem } from '../problems/problem.ts';
import { loadKnownObjects } from './known-objects.ts';
import { readConfig, type PlacedConfig } from './parse-config.ts';
import { planConfig, type ConfigPlan } from './plan-config.ts';
import type { PlanEntry } from './plan.ts';

/**
 * Makes the database as the file says, in one transaction, and gives the plan that was carried out. Creates and
 * updates only: what the file does not name stays. A second run changes nothing.
 * Throws a ProblemError with every problem of the file; then nothing was changed.
 */
export function applyConfig(actor: Actor, yamlText: string): Promise<PlanEntry[]> {
  return runChange(actor, async (change) => {
    const plan = await preparePlan(change.tx, actor.services, yamlText);
    await lockUsers(change, plan);
    for (const { apply } of plan.steps) await apply?.(change, plan.references);
    for (const { link } of plan.steps) await link?.(change, plan.references);
    return plan.steps.map(({ entry }) => entry);
  });
}

/** What {@link applyConfig} would do now. */
export async function previewConfig(services: ApiServices, yamlText: string): Promise<PlanEntry[]> {
  const plan = await preparePlan(services.db, services, yamlText);
  return plan.steps.map(({ entry }) => entry);
}

async function preparePlan(
  db: Database | Transaction,
  services: ApiServices,
  yamlText: string,
): Promise<ConfigPlan> {
  const { config, problems } = readConfig(yamlText, await loadKnownObjects(db));
  const urls = await checkUrls(config, services);
  const plan = await planConfig(db, urls.config, services);
  const all = [...problems, ...urls.problems, ...plan.problems];
  if (all.length > 0) throw new ProblemError('invalid', all);
  return plan;
}

/** Puts each URL in normal form, so that it compares equal to the stored one. */
async function checkUrls(
  config: PlacedConfig,
  services: ApiServices,
): Promise<{ config: PlacedConfig; problems: Problem[] }> {
  const problems: Problem[] = [];
  const check = async (path: string, text: string | null | undefined, read: ReadUrl) => {
    if (typeof text !== 'string') return text;
    try {
      return await read(text);
    } catch (fault) {
      problems.push({ path, message: fault instanceof Error ? fault.message : 'not allowed' });
      return undefined;
    }
  };
  const readProxy: ReadUrl = async (text) => (await services.checkProxyUrl(text)).href;
  const accounts = await Promise.all(
    config.accounts.map(async ({ index, entry }) => {
      const path = `accounts[${index}]`;
      const baseUrl = await check(`${path}.base_url`, entry.base_url, (text) =>
        services.checkUpstreamUrl(text),
      );
      const proxy = await check(`${path}.proxy`, entry.proxy, readProxy);
      return { index, entry: { ...entry, base_url: baseUrl ?? undefined, proxy } };
    }),
  );
  return { config: { ...config, accounts }, problems };
}

type ReadUrl = (text: string) => Promise<string>;

/** In id order, as the shipper of usage locks them: two orders would dead-lock. */
async function lockUsers(change: Change, plan: ConfigPlan): Promise<void> {
  const ids = plan.steps
    .filter(({ entry }) => entry.object === 'user' && entry.action === 'update')
    .flatMap(({ entry }) => plan.references.users.get(entry.name) ?? []);
  if (ids.length === 0) return;
  const { users } = schema;
  await change.tx
    .select({ id: users.id })
    .from(users)
    .where(inArray(users.id, ids))
    .orderBy(asc(users.id))
    .for('update');
}
