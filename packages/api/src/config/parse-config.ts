import type { z } from 'zod';
import { checkCredentials } from '../accounts/credentials-schema.ts';
import { mapIssues, ProblemError, type Problem } from '../problems/problem.ts';
import { checkReferences } from './check-references.ts';
import {
  configAccountSchema,
  configGroupSchema,
  configKeySchema,
  configUserSchema,
  type Config,
} from './config-schema.ts';
import { NOTHING_KNOWN, type KnownObjects } from './known-objects.ts';
import { parseYaml } from './parse-yaml.ts';

const SECTIONS = {
  groups: configGroupSchema,
  accounts: configAccountSchema,
  users: configUserSchema,
  keys: configKeySchema,
} as const;

/** Below the number of parameters that one statement can have. */
const ENTRIES_MAX = 10_000;

/** An entry with its place in the file, so that a problem found later can still name it. */
export interface Placed<Entry> {
  index: number;
  entry: Entry;
}

export type PlacedConfig = { [Section in keyof Config]: Placed<Config[Section][number]>[] };

/**
 * The file as typed data. Throws a ProblemError that names every problem at once: YAML faults with line and
 * column, unknown fields and wrong values by path, duplicates, references to nothing.
 */
export function parseConfig(yamlText: string, known: KnownObjects = NOTHING_KNOWN): Config {
  const { config, problems } = readConfig(yamlText, known);
  if (problems.length > 0) throw new ProblemError('invalid', problems);
  return {
    groups: config.groups.map(({ entry }) => entry),
    accounts: config.accounts.map(({ entry }) => entry),
    users: config.users.map(({ entry }) => entry),
    keys: config.keys.map(({ entry }) => entry),
  };
}

/** The entries that are right by themselves, and everything that is wrong with the rest. */
export function readConfig(
  yamlText: string,
  known: KnownObjects,
): { config: PlacedConfig; problems: Problem[] } {
  const yaml = parseYaml(yamlText);
  const empty: PlacedConfig = { groups: [], accounts: [], users: [], keys: [] };
  if ('problems' in yaml) return { config: empty, problems: yaml.problems };
  const { value } = yaml;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = 'expected groups, accounts, users and keys at the top of the file';
    return { config: empty, problems: [{ path: '', message }] };
  }
  const problems = Object.keys(value)
    .filter((name) => !Object.hasOwn(SECTIONS, name))
    .map((name) => ({ path: name, message: 'unknown field' }));
  const config = readSections(new Map(Object.entries(value)), problems);
  for (const { index, entry } of config.accounts) {
    for (const problem of checkCredentials(entry.kind, entry.credentials ?? {})) {
      const path = `accounts[${index}].credentials.${problem.path}`;
      if (entry.credentials) problems.push({ ...problem, path });
    }
  }
  problems.push(...checkReferences(config, value, known));
  return { config, problems };
}

function readSections(sections: ReadonlyMap<string, unknown>, problems: Problem[]): PlacedConfig {
  const read = <Schema extends z.ZodType>(name: keyof Config, schema: Schema) =>
    readSection(name, schema, sections.get(name), problems);
  return {
    groups: read('groups', SECTIONS.groups),
    accounts: read('accounts', SECTIONS.accounts),
    users: read('users', SECTIONS.users),
    keys: read('keys', SECTIONS.keys),
  };
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
