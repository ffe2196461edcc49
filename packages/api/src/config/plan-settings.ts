import type { SettingName, SettingsOutput } from '../settings/setting-schemas.ts';
import { writeSettings } from '../settings/write-settings.ts';
import type { ConfigSetting } from './config-resource-schemas.ts';
import type { Placed } from './placed-config.ts';
import {
  buildCreateStep,
  buildDeleteStep,
  buildUpdateStep,
  type PlanStep,
  type SectionPlan,
} from './plan.ts';
import { toSnakeCase } from './to-snake-case.ts';

/** `present`: what is set, and what the configuration says of the rest. */
export function planSettings(
  entries: readonly Placed<ConfigSetting>[],
  present: Pick<SettingsOutput, 'values' | 'set'>,
): SectionPlan {
  const steps = entries.map(({ entry: { name, value } }): PlanStep => {
    const apply: NonNullable<PlanStep['apply']> = (change) =>
      writeSettings(change, { set: { [name]: value }, unset: [] });
    const shown = toSnakeCase(name);
    if (!present.set.includes(name)) return buildCreateStep('setting', shown, apply);
    const current = { value: present.values[name] };
    return buildUpdateStep('setting', shown, current, current.value === value ? {} : { value }, apply);
  });
  return { steps, problems: [] };
}

/** Those that the file does not set go by the configuration again. */
export function planUnsetSettings(
  entries: readonly Placed<ConfigSetting>[],
  set: readonly SettingName[],
): PlanStep[] {
  const named = new Set(entries.map(({ entry }) => entry.name));
  return set
    .filter((name) => !named.has(name))
    .map((name) =>
      buildDeleteStep('setting', toSnakeCase(name), (change) =>
        writeSettings(change, { set: {}, unset: [name] }),
      ),
    );
}
