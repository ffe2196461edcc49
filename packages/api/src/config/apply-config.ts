import { schema } from '@tollgate/db';
import { asc, inArray } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import { runChange, type Actor, type Change } from '../change/run-change.ts';
import { ProblemError, type Problem } from '../problems/problem.ts';
import { applyRenames, type Renamed } from './apply-renames.ts';
import { dropTold, readKeptSecrets, type KeptSecret } from './keep-secrets.ts';
import { loadKnownObjects } from './known-objects.ts';
import { readConfig, readRawConfig } from './parse-config.ts';
import type { PlacedConfig } from './placed-config.ts';
import { planConfig, type ConfigPlan } from './plan-config.ts';
import { planPrune } from './plan-prune.ts';
import type { PlanEntry, PlanStep } from './plan.ts';

export interface ApplyOptions {
  /** Gives the plan and changes nothing. */
  dryRun?: boolean;
  /** Deletes what the file does not name, of the kinds whose list it has. */
  prune?: boolean;
}

/**
 * Makes the database as the file says, in one transaction, and gives the plan that was carried out. Without `prune`
 * what the file does not name stays. A second run changes nothing. A dry run does the same and takes it back, so that
 * it meets every refusal that the run itself would meet.
 * Throws a ProblemError with every problem of the file; then nothing was changed.
 */
export async function applyConfig(
  actor: Actor,
  yamlText: string,
  { dryRun = false, prune = false }: ApplyOptions = {},
): Promise<PlanEntry[]> {
  const rehearsal = new Rehearsal();
  try {
    return await runChange(actor, async (change) => {
      rehearsal.plan = await carryOut(change, readRawConfig(yamlText), prune);
      if (dryRun) change.checkAtEnd(() => Promise.reject(rehearsal));
      return rehearsal.plan;
    });
  } catch (fault) {
    if (fault === rehearsal) return rehearsal.plan;
    throw fault;
  }
}

/** Ends the transaction of a dry run. */
class Rehearsal extends Error {
  plan: PlanEntry[] = [];
}

async function carryOut(change: Change, raw: object, prune: boolean): Promise<PlanEntry[]> {
  const secrets = readKeptSecrets(raw);
  const { renamed, problems } = await applyRenames(change, raw);
  const plan = await preparePlan(change, raw, secrets, problems);
  const { config } = plan;
  const deletion = prune ? await planPrune(change, raw, config) : { steps: [], problems: [] };
  if (deletion.problems.length > 0) throw new ProblemError('conflict', deletion.problems);
  await lockUsers(change, plan, deletion.steps);
  const { references } = plan;
  for (const { apply } of plan.steps) await apply?.(change, references);
  for (const { link } of plan.steps) await link?.(change, references);
  for (const { apply } of deletion.steps) await apply?.(change, references);
  return [...plan.steps, ...deletion.steps]
    .filter(({ isShown }) => isShown !== false)
    .map(({ entry }) => showRename(entry, renamed));
}

async function preparePlan(
  { tx, services }: Change,
  raw: object,
  secrets: { kept: readonly KeptSecret[]; problems: readonly Problem[] },
  renames: readonly Problem[],
): Promise<ConfigPlan & { config: PlacedConfig }> {
  const { config, problems } = readConfig(raw, await loadKnownObjects(tx));
  const urls = await checkUrls(config, services);
  const plan = await planConfig(tx, urls.config, services, secrets.kept);
  const found = [...renames, ...problems, ...urls.problems, ...plan.problems];
  const all = [...secrets.problems, ...dropTold(found, secrets.problems)];
  if (all.length > 0) throw new ProblemError('invalid', all);
  return { ...plan, config: urls.config };
}

/** The new name is there before the rest of the plan: the entry tells of it all the same. */
function showRename(entry: PlanEntry, renamed: Renamed): PlanEntry {
  const rename = renamed.get(`${entry.object} ${entry.name}`);
  if (!rename || entry.action === 'delete') return entry;
  const { field, from, to } = rename;
  return { ...entry, action: 'update', changes: { [field]: { from, to }, ...entry.changes } };
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
  const proxies = await Promise.all(
    config.proxies.map(async ({ index, entry }) => {
      const url = await check(`proxies[${index}].url`, entry.url, readProxy);
      return { index, entry: { ...entry, url: url ?? undefined } };
    }),
  );
  return { config: { ...config, accounts, proxies }, problems };
}

type ReadUrl = (text: string) => Promise<string>;

const TOUCHING: ReadonlySet<PlanEntry['action']> = new Set(['update', 'delete']);

/** In id order, as the shipper of usage locks them: two orders would dead-lock. */
async function lockUsers(change: Change, plan: ConfigPlan, deletion: readonly PlanStep[]): Promise<void> {
  const emails = [...plan.steps, ...deletion]
    .filter(({ entry: { object, action } }) => object === 'user' && TOUCHING.has(action))
    .map(({ entry }) => entry.name);
  if (emails.length === 0) return;
  const { users } = schema;
  await change.tx
    .select({ id: users.id })
    .from(users)
    .where(inArray(users.email, emails))
    .orderBy(asc(users.id))
    .for('update');
}
