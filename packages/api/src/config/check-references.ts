import type { Problem } from '../problems/problem.ts';
import { checkGroupLinks } from './check-group-links.ts';
import { buildConfigGraph, listRaw } from './config-graph.ts';
import { hashConfigKey } from './key-secret.ts';
import type { KnownObjects } from './known-objects.ts';
import type { PlacedConfig } from './placed-config.ts';
import type { GroupGraph } from '../groups/group-graph.ts';

/**
 * Duplicates, references to nothing, accounts in groups of another platform, groups that fall back in a circle.
 * `raw` is the unparsed file: an entry that is wrong in some other field still counts as declared, so that one
 * mistake gives one problem.
 */
export function checkReferences(config: PlacedConfig, raw: object, known: KnownObjects): Problem[] {
  const graph = buildConfigGraph(config, raw, known.graph);
  const users = new Set(known.users);
  for (const { email } of listRaw(raw, 'users')) {
    if (typeof email === 'string') users.add(email.toLowerCase());
  }
  const proxies = new Set(known.proxies);
  for (const { name } of listRaw(raw, 'proxies')) if (typeof name === 'string') proxies.add(name);
  return [
    ...findDuplicates(config),
    ...config.accounts.flatMap(({ index, entry }) => checkProxyName(index, entry, proxies)),
    ...config.subscriptions.flatMap(({ index, entry }) => [
      ...requireName(`subscriptions[${index}].user`, 'user', entry.user, users),
      ...requireName(`subscriptions[${index}].group`, 'group', entry.group, graph.groups),
    ]),
    ...checkGroupLinks(config, graph),
    ...checkAccountGroups(config.accounts, graph),
    ...checkKeys(config.keys, graph, users),
    ...config.rpm_overrides.flatMap(({ index, entry }) => [
      ...requireName(`rpm_overrides[${index}].user`, 'user', entry.user, users),
      ...requireName(`rpm_overrides[${index}].group`, 'group', entry.group, graph.groups),
    ]),
  ];
}

function requireName(
  path: string,
  kind: 'user' | 'group' | 'proxy',
  name: string,
  known: { has(name: string): boolean },
): Problem[] {
  return known.has(name) ? [] : [{ path, message: `no such ${kind}: ${name}` }];
}

function checkProxyName(
  index: number,
  { proxy, proxy_name: name }: PlacedConfig['accounts'][number]['entry'],
  proxies: ReadonlySet<string>,
): Problem[] {
  if (typeof name !== 'string') return [];
  const path = `accounts[${index}].proxy_name`;
  if (typeof proxy === 'string') return [{ path, message: 'there is a URL as well: give one of them' }];
  return requireName(path, 'proxy', name, proxies);
}

function checkAccountGroups(accounts: PlacedConfig['accounts'], { groups }: GroupGraph): Problem[] {
  return accounts.flatMap(({ index, entry }) =>
    (entry.groups ?? []).flatMap(({ name }, position) => {
      const path = `accounts[${index}].groups[${position}]`;
      const group = groups.get(name);
      if (!group) return [{ path, message: `no such group: ${name}` }];
      const { platform } = group;
      if (platform === null || platform === entry.platform) return [];
      return [
        { path, message: `group ${name} is of platform ${platform}, the account of ${entry.platform}` },
      ];
    }),
  );
}

function checkKeys(
  keys: PlacedConfig['keys'],
  { groups }: GroupGraph,
  users: ReadonlySet<string>,
): Problem[] {
  return keys.flatMap(({ index, entry }) => [
    ...requireName(`keys[${index}].user`, 'user', entry.user, users),
    ...entry.groups.flatMap((name, position) =>
      requireName(`keys[${index}].groups[${position}]`, 'group', name, groups),
    ),
  ]);
}

function findDuplicates(config: PlacedConfig): Problem[] {
  return [
    ...findRepeated('proxies', 'name', config.proxies, ({ name }) => name),
    ...findRepeated(
      'subscriptions',
      'group',
      config.subscriptions,
      ({ user, group }) => `${group} for ${user}`,
    ),
    ...findRepeated('groups', 'name', config.groups, ({ name }) => name),
    ...findRepeated('accounts', 'name', config.accounts, ({ name }) => name),
    ...findRepeated('users', 'email', config.users, ({ email }) => email),
    ...findRepeated('keys', 'name', config.keys, ({ user, name }) => `${name} of ${user}`),
    ...findRepeated(
      'rpm_overrides',
      'group',
      config.rpm_overrides,
      ({ user, group }) => `${group} for ${user}`,
    ),
    ...findRepeated('alert_channels', 'name', config.alert_channels, ({ name }) => name),
    ...findRepeated('alert_rules', 'name', config.alert_rules, ({ name }) => name),
    // The text of a key never goes into a message.
    ...findRepeated('keys', 'key', config.keys, hashConfigKey, 'the same key'),
  ];
}

function findRepeated<Entry>(
  section: string,
  field: string,
  entries: readonly { index: number; entry: Entry }[],
  getName: (entry: Entry) => string | null,
  shown?: string,
): Problem[] {
  const first = new Map<string, number>();
  return entries.flatMap(({ index, entry }) => {
    const name = getName(entry);
    if (name === null) return [];
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, index);
      return [];
    }
    const message = `${shown ?? name} is in ${section}[${before}] already`;
    return [{ path: `${section}[${index}].${field}`, message }];
  });
}
