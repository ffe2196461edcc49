import type { Platform } from '@tollgate/core';
import { findCircles, findWay, type Links } from './find-circles.ts';

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

/** Longer circles are told without their names. */
const SHOWN_GROUPS_MAX = 20;

/** Everything that is wrong with the links of these groups; a circle is told at each of its links. */
export function findGroupProblems(graph: GroupGraph): GroupGraphProblem[] {
  const links = listLinks(graph);
  const circles = findCircles(links);
  return [...graph.groups.keys()].flatMap((group) =>
    findFallbackProblems(graph, group, links, circles).concat(findRouteProblems(graph, group)),
  );
}

/** Both kinds of fallback: a request may take one after the other. */
function listLinks({ groups }: GroupGraph): Links {
  return new Map(
    [...groups].map(([ref, { fallback, invalidRequestFallback }]) => [
      ref,
      [fallback, invalidRequestFallback].filter((target) => target !== null),
    ]),
  );
}

function findFallbackProblems(
  graph: GroupGraph,
  ref: string,
  links: Links,
  circles: ReadonlyMap<string, readonly string[]>,
): GroupGraphProblem[] {
  const group = graph.groups.get(ref);
  return FALLBACK_FIELDS.flatMap((field) => {
    const target = group?.[field] ?? null;
    if (!group || target === null) return [];
    const tell = (message: string): GroupGraphProblem[] => [{ group: ref, field, message }];
    const fallback = graph.groups.get(target);
    if (target === ref) return tell('a group cannot be its own fallback');
    if (!fallback) return tell(`no such group: ${target}`);
    const circle = circles.get(ref);
    const isInCircle = circle !== undefined && circle === circles.get(target);
    return isInCircle ? tell(describeCircle(graph, links, [ref, target], circle.length)) : [];
  });
}

function describeCircle(
  { groups }: GroupGraph,
  links: Links,
  [ref, target]: [string, string],
  size: number,
): string {
  if (size > SHOWN_GROUPS_MAX) return `${size} groups fall back in a circle`;
  const way = [ref, ...(findWay(links, target, ref) ?? [])];
  return `groups fall back in a circle: ${way.map((one) => groups.get(one)?.name ?? one).join(' → ')}`;
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
