import { describe, expect, it } from 'vitest';
import { findGroupProblems, type GroupGraph, type GroupNode } from './group-graph.ts';

function buildGraph(
  groups: Record<string, Partial<GroupNode>>,
  accounts: Record<string, string[] | null> = {},
): GroupGraph {
  return {
    groups: new Map(
      Object.entries(groups).map(([name, node]) => [
        name,
        { name, platform: 'openai', fallback: null, invalidRequestFallback: null, routes: [], ...node },
      ]),
    ),
    accounts: new Map(
      Object.entries(accounts).map(([name, members]) => [
        name,
        { name, groups: members && new Set(members) },
      ]),
    ),
  };
}

const list = (graph: GroupGraph) =>
  findGroupProblems(graph).map(({ group, field, message }) => `${group}.${field}: ${message}`);

describe('group-graph', () => {
  it('[SEL-6] a chain and two ways to one group are no circle', () => {
    const graph = buildGraph({
      a: { fallback: 'b', invalidRequestFallback: 'c' },
      b: { fallback: 'c' },
      c: { invalidRequestFallback: 'd' },
      d: {},
    });
    expect(list(graph)).toEqual([]);
  });

  it('[SEL-6] a group is never its own fallback', () => {
    expect(list(buildGraph({ a: { fallback: 'a' }, b: { invalidRequestFallback: 'b' } }))).toEqual([
      'a.fallback: a group cannot be its own fallback',
      'b.invalidRequestFallback: a group cannot be its own fallback',
    ]);
  });

  it('[SEL-6] a circle is told at each of its links, and not at groups that only lead into it', () => {
    const graph = buildGraph({
      a: { fallback: 'b' },
      b: { fallback: 'c' },
      c: { fallback: 'a' },
      outside: { fallback: 'a' },
    });
    expect(list(graph)).toEqual([
      'a.fallback: groups fall back in a circle: a → b → c → a',
      'b.fallback: groups fall back in a circle: b → c → a → b',
      'c.fallback: groups fall back in a circle: c → a → b → c',
    ]);
  });

  it('[SEL-6] a circle over both kinds of fallback is one as well', () => {
    expect(list(buildGraph({ a: { fallback: 'b' }, b: { invalidRequestFallback: 'a' } }))).toEqual([
      'a.fallback: groups fall back in a circle: a → b → a',
      'b.invalidRequestFallback: groups fall back in a circle: b → a → b',
    ]);
  });

  it('[SEL-6] a circle of very many groups is told in few words', () => {
    const circle = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`g${n}`, { fallback: `g${(n + 1) % 5_000}` }]),
    );
    const problems = list(buildGraph(circle));
    expect(problems).toHaveLength(5_000);
    expect(problems[0]).toBe('g0.fallback: 5000 groups fall back in a circle');
  });

  it('[SEL-6] refuses a group that is not there; one of another platform is as good', () => {
    const graph = buildGraph({
      a: { fallback: 'none', invalidRequestFallback: 'b' },
      b: { platform: 'gemini' },
    });
    expect(list(graph)).toEqual(['a.fallback: no such group: none']);
  });

  it('[SEL-1] a route leads to accounts of the group', () => {
    const routes = [
      { pattern: 'gpt-*', accounts: ['in', 'out'] },
      { pattern: 'o3', accounts: ['none', 'unclear'] },
    ];
    const graph = buildGraph({ a: { routes } }, { in: ['a', 'b'], out: ['b'], unclear: null });
    expect(findGroupProblems(graph)).toEqual([
      {
        group: 'a',
        field: 'routes',
        route: 0,
        position: 1,
        account: 'out',
        message: 'account out is not in group a',
      },
      {
        group: 'a',
        field: 'routes',
        route: 1,
        position: 0,
        account: 'none',
        message: 'no such account: none',
      },
    ]);
  });
});
