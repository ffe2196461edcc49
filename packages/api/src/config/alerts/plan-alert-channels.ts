import type { Transaction, Database } from '@tollgate/db';
import type { ApiServices } from '../../base/context.ts';
import type { ChannelPatch } from '../../alerts/channels/channel-schemas.ts';
import { loadChannels, type StoredChannel } from '../../alerts/channels/load-channels.ts';
import { findChannelProblems } from '../../alerts/channels/require-channel-fields.ts';
import { insertChannel, selectChannelColumns, updateChannel } from '../../alerts/channels/write-channel.ts';
import type { Problem } from '../../problems/problem.ts';
import type { Placed } from '../placed-config.ts';
import { buildCreateStep, buildUpdateStep, type PlanStep, type SectionPlan } from '../plan.ts';
import type { ConfigAlertChannel } from './config-alert-schemas.ts';

/** One step an entry, in the file's order. */
export async function planAlertChannels(
  db: Database | Transaction,
  entries: readonly Placed<ConfigAlertChannel>[],
  services: ApiServices,
): Promise<SectionPlan> {
  if (entries.length === 0) return { steps: [], problems: [] };
  const stored = await loadChannels(db);
  const byName = new Map(stored.map((one) => [one.channel.name, one]));
  const steps: PlanStep[] = [];
  const problems: Problem[] = [];
  for (const { index, entry } of entries) {
    const current = byName.get(entry.name) ?? null;
    const found = await findProblems(entry, current, services);
    const path = `alert_channels[${index}]`;
    problems.push(...found.map((problem) => ({ ...problem, path: `${path}.${problem.path}` })));
    steps.push(found.length > 0 ? buildNoStep(entry, current) : await planChannel(entry, current, services));
  }
  return { steps, problems };
}

async function findProblems(
  { kind, url, ...given }: ConfigAlertChannel,
  current: StoredChannel | null,
  services: ApiServices,
): Promise<Problem[]> {
  if (current && current.row.kind !== kind)
    return [{ path: 'kind', message: `cannot be changed: the channel is of kind ${current.row.kind}` }];
  const problems = findChannelProblems(kind, { ...given, url }, current === null);
  if (url === undefined || problems.some(({ path }) => path === 'url')) return problems;
  try {
    await services.checkWebhookUrl(url);
    return problems;
  } catch (fault) {
    return [...problems, { path: 'url', message: fault instanceof Error ? fault.message : 'not allowed' }];
  }
}

/** The plan is refused: only its place counts. */
function buildNoStep({ name }: ConfigAlertChannel, current: StoredChannel | null): PlanStep {
  if (current === null) return buildCreateStep('alert_channel', name, doNothing);
  return buildUpdateStep('alert_channel', name, {}, {}, doNothing);
}

async function doNothing(): Promise<void> {}

async function planChannel(
  { enabled, ...entry }: ConfigAlertChannel,
  current: StoredChannel | null,
  services: ApiServices,
): Promise<PlanStep> {
  const { name, kind, secret, renamed_from: _done, ...given } = entry;
  if (current === null) {
    const fields = { ...given, name, kind, isEnabled: enabled ?? true, secret: secret ?? undefined };
    return buildCreateStep(
      'alert_channel',
      name,
      async (change) => void (await insertChannel(change, fields)),
    );
  }
  const patch: ChannelPatch = { ...given, secret, isEnabled: enabled };
  const columns = await selectChannelColumns(services, current.row, patch);
  const changes = {
    ...(columns.config && 'recipients' in columns.config && { recipients: columns.config.recipients }),
    ...(columns.sealedUrl !== undefined && { url: null }),
    ...(columns.sealedSecret !== undefined && { secret: null }),
    ...(columns.isEnabled !== undefined && { enabled: columns.isEnabled }),
  };
  const { recipients, isEnabled } = current.channel;
  const before = { recipients, enabled: isEnabled };
  return buildUpdateStep('alert_channel', name, before, changes, async (change) => {
    await updateChannel(change, current, patch);
  });
}
