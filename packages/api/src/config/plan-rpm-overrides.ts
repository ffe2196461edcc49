import type { Override } from '../overrides/override-schemas.ts';
import { setOverride } from '../overrides/write-override.ts';
import type { ConfigRpmOverride } from './config-schema.ts';
import { getReference } from './get-reference.ts';
import type { Placed } from './placed-config.ts';
import { buildCreateStep, buildUpdateStep, type PlanStep, type SectionPlan } from './plan.ts';

/** `existing`: the overrides that the users of the file have. */
export function planRpmOverrides(
  entries: readonly Placed<ConfigRpmOverride>[],
  existing: readonly Override[],
): SectionPlan {
  const byName = new Map(existing.map((one) => [`${one.userEmail}/${one.groupName}`, one]));
  const steps = entries.map(({ entry }): PlanStep => {
    const { user, group, rpm } = entry;
    const name = `${user}/${group}`;
    const current = byName.get(name);
    const apply: NonNullable<PlanStep['apply']> = async (change, references) => {
      const userId = getReference(references.users, user);
      await setOverride(change, { userId, groupId: getReference(references.groups, group), rpm });
    };
    if (!current) return buildCreateStep('rpm_override', name, apply);
    return buildUpdateStep('rpm_override', name, current, current.rpm === rpm ? {} : { rpm }, apply);
  });
  return { steps, problems: [] };
}
