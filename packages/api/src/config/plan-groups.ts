import { dropAbsent } from '../change/drop-absent.ts';
import type { Change } from '../change/run-change.ts';
import { selectChanges } from '../change/select-changes.ts';
import type { GroupGraph } from '../groups/group-graph.ts';
import type { Group, GroupPatch } from '../groups/group-schemas.ts';
import { loadGroup } from '../groups/load-group.ts';
import { insertGroup, selectGroupChanges, updateGroup } from '../groups/write-group.ts';
import type { ConfigGroup } from './config-schema.ts';
import { getReference } from './get-reference.ts';
import type { Placed } from './placed-config.ts';
import {
  buildCreateStep,
  buildUpdateStep,
  type PlanStep,
  type References,
  type SectionPlan,
} from './plan.ts';

/** `existing`: groups by name; `graph`: their links, by name as well. */
export function planGroups(
  entries: readonly Placed<ConfigGroup>[],
  existing: ReadonlyMap<string, Group>,
  graph: GroupGraph,
): SectionPlan {
  const plan: SectionPlan = { steps: [], problems: [] };
  for (const { index, entry } of entries) {
    const current = existing.get(entry.name);
    if (current && current.platform !== entry.platform) {
      const message = `group ${entry.name} is of platform ${current.platform}, which cannot be changed`;
      plan.problems.push({ path: `groups[${index}].platform`, message });
    }
    plan.steps.push(current ? planUpdate(entry, current, graph) : planCreate(entry));
  }
  return plan;
}

function planCreate(entry: ConfigGroup): PlanStep {
  const { name, platform } = entry;
  const step = buildCreateStep('group', name, async (change, references) => {
    const group = await insertGroup(change, { name, platform, ...mapSettings(entry) });
    references.groups.set(name, group.id);
  });
  return Object.keys(selectNamedLinks(entry)).length === 0 ? step : { ...step, link: buildLink(entry) };
}

function planUpdate(entry: ConfigGroup, current: Group, graph: GroupGraph): PlanStep {
  const settings = mapSettings(entry);
  const links = describeLinks(graph, entry.name);
  const linkChanges = selectChanges<NamedLinks>(links, selectNamedLinks(entry));
  const changes = { ...selectGroupChanges(current, settings), ...linkChanges };
  const step = buildUpdateStep('group', entry.name, { ...current, ...links }, changes, async (change) => {
    await updateGroup(change, current, settings);
  });
  return Object.keys(linkChanges).length === 0 ? step : { ...step, link: buildLink(entry) };
}

/** The file's links, under the names that the plan shows. */
interface NamedLinks {
  fallbackGroup?: string | null;
  fallbackGroupOnInvalidRequest?: string | null;
  modelRouting?: readonly { pattern: string; accounts: readonly string[] }[];
}

function selectNamedLinks(entry: ConfigGroup): NamedLinks {
  return dropAbsent({
    fallbackGroup: entry.fallback_group,
    fallbackGroupOnInvalidRequest: entry.fallback_group_on_invalid_request,
    modelRouting: entry.model_routing,
  }) as NamedLinks;
}

function describeLinks({ groups }: GroupGraph, name: string): NamedLinks {
  const node = groups.get(name);
  return {
    fallbackGroup: node?.fallback ?? null,
    fallbackGroupOnInvalidRequest: node?.invalidRequestFallback ?? null,
    modelRouting: node?.routes ?? [],
  };
}

/** Groups and accounts that the links name may be made by later steps of the same file. */
function buildLink(entry: ConfigGroup): NonNullable<PlanStep['link']> {
  return async (change: Change, references: References) => {
    const idOf = (name: string | null | undefined) => name && getReference(references.groups, name);
    const current = await loadGroup(change.tx, { name: entry.name });
    await updateGroup(
      change,
      current,
      dropAbsent({
        fallbackGroupId: idOf(entry.fallback_group),
        invalidRequestFallbackGroupId: idOf(entry.fallback_group_on_invalid_request),
        modelRouting: entry.model_routing?.map(({ pattern, accounts }) => ({
          pattern,
          accountIds: accounts.map((name) => getReference(references.accounts, name)),
        })),
      }),
    );
  };
}

function mapSettings(entry: ConfigGroup): GroupPatch {
  const { deadlines, messages_dispatch: dispatch } = entry;
  return dropAbsent({
    rateMultiplier: entry.rate_multiplier,
    rpm: entry.rpm,
    tpm: entry.tpm,
    clientRestriction: entry.client_restriction,
    queueTimeoutMs: entry.queue_timeout_ms,
    type: entry.type,
    status: entry.status,
    unpricedModels: entry.unpriced_models,
    selfService: entry.self_service,
    limitDay: entry.limit_day,
    limitWeek: entry.limit_week,
    limitMonth: entry.limit_month,
    holdMax: entry.hold_max,
    hangUp: entry.hang_up,
    drainMs: entry.drain_ms,
    drainTokens: entry.drain_tokens,
    imagePrices: entry.image_prices,
    modelScopes: entry.supported_model_scopes,
    mcpXmlInject: entry.mcp_xml_inject,
    messagesDispatch: dispatch && {
      allowed: dispatch.allowed,
      defaultModel: dispatch.default_model,
      families: dispatch.families,
    },
    deadlines:
      deadlines &&
      dropAbsent({
        connectMs: deadlines.connect_ms,
        firstByteMs: deadlines.first_byte_ms,
        firstContentMs: deadlines.first_content_ms,
        idleMs: deadlines.idle_ms,
        totalMs: deadlines.total_ms,
      }),
  });
}
