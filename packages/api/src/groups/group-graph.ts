import type { Platform } from '@tollgate/core';

/**
 * How groups refer to each other and to accounts, as a change would leave it. `ref` names a group or account
 * here: its id where rows are changed, its name where a file is planned.
 */
export interface GroupGraph {
  groups: ReadonlyMap<string, GroupNode>;
  accounts: ReadonlyMap<string, AccountNode>;
}

export interface GroupNode {
  name: string;
  /** null = not known, because its entry is wrong: nothing is said about it. */
  platform: Platform | null;
  fallback: string | null;
  invalidRequestFallback: string | null;
  routes: readonly { pattern: string; accounts: readonly string[] }[];
}

export interface AccountNode {
  name: string;
  /** Groups that it is in; null = not known. */
  groups: ReadonlySet<string> | null;
}

export type FallbackField = 'fallback' | 'invalidRequestFallback';

export type GroupGraphProblem = { group: string; message: string } & (
  | { field: FallbackField }
  /** `route` and `position`: which account of which route. */
  | { field: 'routes'; route: number; position: number; account: string }
);

const FALLBACK_FIELDS: readonly FallbackField[] = ['fallback', 'invalidRequestFallback'];

/** Everything that is wrong with the links of these groups; a circle is told once for each group in it. */
export function findGroupProblems(graph: GroupGraph): GroupGraphProblem[] {
  return [...graph.groups.keys()].flatMap((group) =>
    findFallbackProblems(graph, group).concat(findRouteProblems(graph, group)),
  );
}

function findFallbackProblems(graph: GroupGraph, group: string): GroupGraphProblem[] {
  return FALLBACK_FIELDS.flatMap((field) => {
    const message = findFallbackProblem(graph, group, field);
    return message === null ? [] : [{ group, field, message }];
  });
}

function findFallbackProblem({ groups }: GroupGraph, ref: string, field: FallbackField): string | null {
  const group = groups.get(ref);
  const target = group?.[field] ?? null;
  if (!group || target === null) return null;
  if (target === ref) return 'a group cannot be its own fallback';
  const fallback = groups.get(target);
  if (!fallback) return `no such group: ${target}`;
  const circle = findCircle(groups, ref, target);
  if (circle !== null) return `groups fall back in a circle: ${circle.join(' → ')}`;
  return describePlatforms(group, fallback);
}

/**
 * A request cannot change its platform on the way, for either kind of fallback: until requests are translated,
 * a group of another platform could serve none of them.
 */
function describePlatforms(group: GroupNode, fallback: GroupNode): string | null {
  if (group.platform === null || fallback.platform === null) return null;
  if (group.platform === fallback.platform) return null;
  const [from, to] = [group.platform, fallback.platform];
  return `group ${fallback.name} is of platform ${to}; requests of platform ${from} cannot be translated to it`;
}

/**
 * Names of the groups on a way from `ref` by way of `target` back to `ref`, over fallbacks of both kinds: a request
 * may take one kind after the other. null = there is no such way.
 */
function findCircle(groups: ReadonlyMap<string, GroupNode>, ref: string, target: string): string[] | null {
  const nameOf = (one: string) => groups.get(one)?.name ?? one;
  const seen = new Set<string>();
  const ways: string[][] = [[ref, target]];
  for (let way = ways.pop(); way; way = ways.pop()) {
    const last = way.at(-1) ?? ref;
    if (last === ref) return way.map(nameOf);
    if (seen.has(last)) continue;
    seen.add(last);
    const group = groups.get(last);
    for (const next of [group?.fallback, group?.invalidRequestFallback]) {
      if (typeof next === 'string') ways.push([...way, next]);
    }
  }
  return null;
}

/** A route to an account that the group does not have would leave its models without any. */
function findRouteProblems({ groups, accounts }: GroupGraph, ref: string): GroupGraphProblem[] {
  const group = groups.get(ref);
  return (group?.routes ?? []).flatMap((entry, route) =>
    entry.accounts.flatMap((account, position) => {
      const found = accounts.get(account);
      const place = { group: ref, field: 'routes' as const, route, position, account };
      if (!found) return [{ ...place, message: `no such account: ${account}` }];
      if (found.groups === null || found.groups.has(ref)) return [];
      return [{ ...place, message: `account ${found.name} is not in group ${group?.name}` }];
    }),
  );
}
