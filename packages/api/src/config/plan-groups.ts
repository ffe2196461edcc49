import type { Group, GroupPatch } from '../groups/group-schemas.ts';
import { insertGroup, selectGroupChanges, updateGroup } from '../groups/write-group.ts';
import type { ConfigGroup } from './config-schema.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import type { Placed } from './parse-config.ts';
import { buildCreateStep, buildUpdateStep, type SectionPlan } from './plan.ts';

/** `existing`: groups by name. */
export function planGroups(
  entries: readonly Placed<ConfigGroup>[],
  existing: ReadonlyMap<string, Group>,
): SectionPlan {
  const plan: SectionPlan = { steps: [], problems: [] };
  for (const { index, entry } of entries) {
    const { name, platform } = entry;
    const settings = mapSettings(entry);
    const current = existing.get(name);
    if (!current) {
      plan.steps.push(
        buildCreateStep('group', name, async (change, references) => {
          const group = await insertGroup(change, { name, platform, ...settings });
          references.groups.set(name, group.id);
        }),
      );
      continue;
    }
    if (current.platform !== platform) {
      const message = `group ${name} is of platform ${current.platform}, which cannot be changed`;
      plan.problems.push({ path: `groups[${index}].platform`, message });
    }
    plan.steps.push(
      buildUpdateStep('group', name, current, selectGroupChanges(current, settings), async (change) => {
        await updateGroup(change, current, settings);
      }),
    );
  }
  return plan;
}

function mapSettings(entry: ConfigGroup): GroupPatch {
  const { deadlines } = entry;
  return dropAbsent({
    rateMultiplier: entry.rate_multiplier,
    rpm: entry.rpm,
    type: entry.type,
    status: entry.status,
    unpricedModels: entry.unpriced_models,
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
