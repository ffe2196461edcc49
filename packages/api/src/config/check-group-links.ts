import { findGroupProblems, type GroupGraph, type GroupGraphProblem } from '../groups/group-graph.ts';
import type { Problem } from '../problems/problem.ts';
import type { PlacedConfig } from './placed-config.ts';

const FILE_FIELDS = {
  fallback: 'fallback_group',
  invalidRequestFallback: 'fallback_group_on_invalid_request',
} as const;

/**
 * Fallbacks and routes over the whole graph as the file would leave it, together with what the file does not name.
 * A problem is told where the file brings it in: at the group, or at the account that leaves it.
 */
export function checkGroupLinks(config: PlacedConfig, graph: GroupGraph): Problem[] {
  return findGroupProblems(graph).flatMap((problem) => {
    const group = config.groups.find(({ entry }) => entry.name === problem.group);
    const path = group ? findPath(group, problem) : null;
    if (path !== null) return [{ path, message: problem.message }];
    return problem.field === 'routes' ? blameAccount(config, graph, problem) : [];
  });
}

/** Where the file has the link; null = the file does not touch it. */
function findPath(
  { index, entry }: PlacedConfig['groups'][number],
  problem: GroupGraphProblem,
): string | null {
  if (problem.field === 'routes') {
    const { route, position } = problem;
    return entry.model_routing ? `groups[${index}].model_routing[${route}].accounts[${position}]` : null;
  }
  const field = FILE_FIELDS[problem.field];
  return entry[field] === undefined ? null : `groups[${index}].${field}`;
}

function blameAccount(
  config: PlacedConfig,
  graph: GroupGraph,
  problem: GroupGraphProblem & { field: 'routes' },
): Problem[] {
  const account = config.accounts.find(({ entry }) => entry.name === problem.account);
  if (!account) return [];
  const pattern = graph.groups.get(problem.group)?.routes[problem.route]?.pattern;
  const message = `group ${problem.group} routes ${pattern} to account ${problem.account}`;
  return [{ path: `accounts[${account.index}].groups`, message }];
}
