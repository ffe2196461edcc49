import type { z } from 'zod';
import { checkKindSettings } from '../accounts/check-kind-settings.ts';
import { checkCredentials } from '../accounts/credentials-schema.ts';
import { mapIssues, ProblemError, type Problem } from '../problems/problem.ts';
import { hasOneThreshold } from '../users/user-schemas.ts';
import { checkKeySecret } from './key-secret.ts';
import { checkReferences } from './check-references.ts';
import { toSnakeCase } from './to-snake-case.ts';
import {
  configAccountSchema,
  configGroupSchema,
  configKeySchema,
  configRpmOverrideSchema,
  configUserSchema,
  type Config,
} from './config-schema.ts';
import { configAlertChannelSchema, configAlertRuleSchema } from './alerts/config-alert-schemas.ts';
import {
  configProxySchema,
  configSettingsSchema,
  configSubscriptionSchema,
  listSettings,
  type ConfigSetting,
} from './config-resource-schemas.ts';
import { NOTHING_KNOWN, type KnownObjects } from './known-objects.ts';
import { takeKeptSecrets } from './keep-secrets.ts';
import { parseYaml } from './parse-yaml.ts';
import type { ListName, Placed, PlacedConfig } from './placed-config.ts';

/** The lists of the file; `settings` is none. */
const SECTIONS = {
  proxies: configProxySchema,
  groups: configGroupSchema,
  accounts: configAccountSchema,
  users: configUserSchema,
  subscriptions: configSubscriptionSchema,
  keys: configKeySchema,
  rpm_overrides: configRpmOverrideSchema,
  alert_channels: configAlertChannelSchema,
  alert_rules: configAlertRuleSchema,
} as const;

/** Below the number of parameters that one statement can have. */
export const ENTRIES_MAX = 10_000;

/**
 * The file as typed data. Throws a ProblemError that names every problem at once: YAML faults with line and
 * column, unknown fields and wrong values by path, duplicates, references to nothing.
 */
export function parseConfig(yamlText: string, known: KnownObjects = NOTHING_KNOWN): Config {
  const { config, problems } = inspectConfig(yamlText, known);
  if (problems.length > 0) throw new ProblemError('invalid', problems);
  return config;
}

/**
 * The entries of a file that are right by themselves, and what is wrong with the rest: for a look at it without a
 * database. Throws a ProblemError when it is no file of ours.
 */
export function inspectConfig(
  yamlText: string,
  known: KnownObjects = NOTHING_KNOWN,
): { config: Config; problems: Problem[] } {
  const raw = readRawConfig(yamlText);
  takeKeptSecrets(raw);
  const { config, problems } = readConfig(raw, known);
  return {
    config: {
      settings: Object.fromEntries(
        config.settings.map(({ entry }) => [toSnakeCase(entry.name), entry.value]),
      ),
      proxies: config.proxies.map(({ entry }) => entry),
      groups: config.groups.map(({ entry }) => entry),
      accounts: config.accounts.map(({ entry }) => entry),
      users: config.users.map(({ entry }) => entry),
      subscriptions: config.subscriptions.map(({ entry }) => entry),
      keys: config.keys.map(({ entry }) => entry),
      rpm_overrides: config.rpm_overrides.map(({ entry }) => entry),
      alert_channels: config.alert_channels.map(({ entry }) => entry),
      alert_rules: config.alert_rules.map(({ entry }) => entry),
    },
    problems,
  };
}

/** The file as plain data. Throws a ProblemError when it is no YAML, or no file of ours. */
export function readRawConfig(yamlText: string): object {
  const yaml = parseYaml(yamlText);
  if ('problems' in yaml) throw new ProblemError('invalid', yaml.problems);
  const { value } = yaml;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  const message = 'expected sections (groups, accounts, users, keys, …) at the top of the file';
  throw new ProblemError('invalid', [{ path: '', message }]);
}

/** The entries that are right by themselves, and everything that is wrong with the rest. */
export function readConfig(
  value: object,
  known: KnownObjects,
): { config: PlacedConfig; problems: Problem[] } {
  const problems = Object.keys(value)
    .filter((name) => name !== 'settings' && !Object.hasOwn(SECTIONS, name))
    .map((name) => ({ path: name, message: 'unknown field' }));
  const config = readSections(new Map(Object.entries(value)), problems);
  problems.push(...config.accounts.flatMap(checkAccountKind), ...config.users.flatMap(checkThresholds));
  problems.push(...config.keys.flatMap(checkKeySecret));
  problems.push(...checkReferences(config, value, known));
  return { config, problems };
}

/** What the account's kind needs or does not use. */
function checkAccountKind({ index, entry }: PlacedConfig['accounts'][number]): Problem[] {
  const { kind, platform, credentials } = entry;
  const settings = {
    sessionsMax: entry.sessions_max,
    windowCostLimit: entry.window_cost_limit,
    upstreamProtocol: entry.upstream_protocol,
  };
  const place = (field: string, message: string) => ({ path: `accounts[${index}].${field}`, message });
  return [
    ...(credentials ? checkCredentials(kind, credentials) : []).map(({ path, message }) =>
      place(`credentials.${path}`, message),
    ),
    ...checkKindSettings({ kind, platform }, settings).map(({ path, message }) =>
      place(toSnakeCase(path), message),
    ),
  ];
}

/** MON-11 */
function checkThresholds({ index, entry }: PlacedConfig['users'][number]): Problem[] {
  const { low_balance_threshold: lowBalanceThreshold, low_balance_percent: lowBalancePercent } = entry;
  if (hasOneThreshold({ lowBalanceThreshold, lowBalancePercent })) return [];
  const message = 'give either a threshold or a percentage';
  return [{ path: `users[${index}].low_balance_percent`, message }];
}

function readSections(sections: ReadonlyMap<string, unknown>, problems: Problem[]): PlacedConfig {
  const read = <Schema extends z.ZodType>(name: ListName, schema: Schema) =>
    readSection(name, schema, sections.get(name), problems);
  return {
    settings: readSettings(sections.get('settings'), problems),
    proxies: read('proxies', SECTIONS.proxies),
    groups: read('groups', SECTIONS.groups),
    accounts: read('accounts', SECTIONS.accounts),
    users: read('users', SECTIONS.users),
    subscriptions: read('subscriptions', SECTIONS.subscriptions),
    keys: read('keys', SECTIONS.keys),
    rpm_overrides: read('rpm_overrides', SECTIONS.rpm_overrides),
    alert_channels: read('alert_channels', SECTIONS.alert_channels),
    alert_rules: read('alert_rules', SECTIONS.alert_rules),
  };
}

function readSettings(section: unknown, problems: Problem[]): Placed<ConfigSetting>[] {
  if (section === undefined || section === null) return [];
  if (typeof section !== 'object' || Array.isArray(section)) {
    problems.push({ path: 'settings', message: 'expected fields, not a list' });
    return [];
  }
  const parsed = configSettingsSchema.safeParse(section);
  if (parsed.success) return listSettings(parsed.data).map((entry, index) => ({ index, entry }));
  problems.push(...mapIssues(parsed.error.issues, ['settings']));
  return [];
}

/** An absent or empty section (`keys:`) has no entries. */
function readSection<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  section: unknown,
  problems: Problem[],
): Placed<z.infer<Schema>>[] {
  if (section === undefined || section === null) return [];
  if (!Array.isArray(section)) {
    problems.push({ path: name, message: 'expected a list' });
    return [];
  }
  if (section.length > ENTRIES_MAX) {
    problems.push({ path: name, message: `at most ${ENTRIES_MAX} entries` });
    return [];
  }
  return section.flatMap((raw: unknown, index) => {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return [{ index, entry: parsed.data }];
    problems.push(...mapIssues(parsed.error.issues, [name, index]));
    return [];
  });
}
