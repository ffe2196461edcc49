import { PLATFORMS, type Platform } from '@tollgate/core';
import type { Problem } from '../problems/problem.ts';
import type { KnownObjects } from './known-objects.ts';
import type { PlacedConfig } from './parse-config.ts';

/**
 * Duplicates, references to nothing, accounts in groups of another platform. `raw` is the unparsed file: an entry
 * that is wrong in some other field still counts as declared, so that one mistake gives one problem.
 */
export function checkReferences(config: PlacedConfig, raw: object, known: KnownObjects): Problem[] {
  const groups = new Map<string, Platform | null>(known.groups);
  for (const { name, platform } of listRaw(raw, 'groups')) {
    if (typeof name === 'string') groups.set(name, PLATFORMS.find((one) => one === platform) ?? null);
  }
  const users = new Set(known.users);
  for (const { email } of listRaw(raw, 'users')) {
    if (typeof email === 'string') users.add(email.toLowerCase());
  }
  return [
    ...findDuplicates(config),
    ...checkAccountGroups(config.accounts, groups),
    ...checkKeys(config.keys, groups, users),
  ];
}

function listRaw(raw: object, section: string): Record<string, unknown>[] {
  const list: unknown = Object.entries(raw).find(([name]) => name === section)?.[1];
  if (!Array.isArray(list)) return [];
  return list.filter((item) => typeof item === 'object' && item !== null);
}

function checkAccountGroups(
  accounts: PlacedConfig['accounts'],
  groups: ReadonlyMap<string, Platform | null>,
): Problem[] {
  return accounts.flatMap(({ index, entry }) =>
    (entry.groups ?? []).flatMap((name, position) => {
      const path = `accounts[${index}].groups[${position}]`;
      const platform = groups.get(name);
      if (platform === undefined) return [{ path, message: `no such group: ${name}` }];
      if (platform === null || platform === entry.platform) return [];
      return [
        { path, message: `group ${name} is of platform ${platform}, the account of ${entry.platform}` },
      ];
    }),
  );
}

function checkKeys(
  keys: PlacedConfig['keys'],
  groups: ReadonlyMap<string, Platform | null>,
  users: ReadonlySet<string>,
): Problem[] {
  return keys.flatMap(({ index, entry }) => [
    ...(users.has(entry.user)
      ? []
      : [{ path: `keys[${index}].user`, message: `no such user: ${entry.user}` }]),
    ...entry.groups.flatMap((name, position) =>
      groups.has(name)
        ? []
        : [{ path: `keys[${index}].groups[${position}]`, message: `no such group: ${name}` }],
    ),
  ]);
}

function findDuplicates(config: PlacedConfig): Problem[] {
  return [
    ...findRepeated('groups', 'name', config.groups, ({ name }) => name),
    ...findRepeated('accounts', 'name', config.accounts, ({ name }) => name),
    ...findRepeated('users', 'email', config.users, ({ email }) => email),
    ...findRepeated('keys', 'name', config.keys, ({ user, name }) => `${name} of ${user}`),
    // The text of a key never goes into a message.
    ...findRepeated('keys', 'key', config.keys, ({ key }) => key, 'the same key'),
  ];
}

function findRepeated<Entry>(
  section: string,
  field: string,
  entries: readonly { index: number; entry: Entry }[],
  getName: (entry: Entry) => string,
  shown?: string,
): Problem[] {
  const first = new Map<string, number>();
  return entries.flatMap(({ index, entry }) => {
    const name = getName(entry);
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, index);
      return [];
    }
    const message = `${shown ?? name} is in ${section}[${before}] already`;
    return [{ path: `${section}[${index}].${field}`, message }];
  });
}
