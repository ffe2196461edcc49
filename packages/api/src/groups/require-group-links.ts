import type { Platform } from '@tollgate/core';
import type { Transaction } from '@tollgate/db';
import { buildProblem, ProblemError, type Problem } from '../problems/problem.ts';
import type { GroupPatch } from './group-schemas.ts';
import { findGroupProblems, type GroupGraphProblem } from './group-graph.ts';
import { loadGroupGraph } from './load-group-graph.ts';

/** Stands for a group that has no id yet. */
const NEW = 'new';

interface GroupLinks extends Pick<
  GroupPatch,
  'fallbackGroupId' | 'invalidRequestFallbackGroupId' | 'modelRouting'
> {
  /** Absent = a new group. */
  id?: string;
  name: string;
  platform: Platform;
}

/** Throws a problem for each link of the group that would lead nowhere, elsewhere or round in a circle. */
export async function requireGroupLinks(tx: Transaction, wanted: GroupLinks): Promise<void> {
  const graph = await loadGroupGraph(tx);
  const ref = wanted.id ?? NEW;
  const current = graph.groups.get(ref);
  const routes = wanted.modelRouting?.map(({ pattern, accountIds }) => ({ pattern, accounts: accountIds }));
  const { fallbackGroupId: fallback, invalidRequestFallbackGroupId: invalidRequestFallback } = wanted;
  const groups = new Map(graph.groups).set(ref, {
    name: wanted.name,
    platform: wanted.platform,
    fallback: (fallback === undefined ? current?.fallback : fallback) ?? null,
    invalidRequestFallback:
      (invalidRequestFallback === undefined ? current?.invalidRequestFallback : invalidRequestFallback) ??
      null,
    routes: routes ?? current?.routes ?? [],
  });
  const problems = findGroupProblems({ ...graph, groups }).filter(({ group }) => group === ref);
  if (problems.length > 0) throw new ProblemError('invalid', problems.map(mapProblem));
}

/** Throws a conflict when a group routes a model to the account, and the account would not be in it. */
export async function requireAccountRoutes(
  tx: Transaction,
  accountId: string,
  groupIds: readonly string[],
): Promise<void> {
  const graph = await loadGroupGraph(tx);
  const name = graph.accounts.get(accountId)?.name ?? accountId;
  const accounts = new Map(graph.accounts).set(accountId, { name, groups: new Set(groupIds) });
  for (const problem of findGroupProblems({ ...graph, accounts })) {
    if (problem.field !== 'routes' || problem.account !== accountId) continue;
    const group = graph.groups.get(problem.group);
    const pattern = group?.routes[problem.route]?.pattern;
    throw buildProblem('conflict', 'groups', `group ${group?.name} routes ${pattern} to account ${name}`);
  }
}

function mapProblem(problem: GroupGraphProblem): Problem {
  const { message } = problem;
  if (problem.field === 'routes') {
    return { path: `modelRouting[${problem.route}].accountIds[${problem.position}]`, message };
  }
  return { path: `${problem.field}GroupId`, message };
}
