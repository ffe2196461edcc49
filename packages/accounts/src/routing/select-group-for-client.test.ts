import type { GroupId, GroupSnapshot } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildGroup } from '@tollgate/core/testing';
import { selectGroupForClient } from './select-group-for-client.ts';

const id = (name: string) => name as GroupId;
const group = (name: string, fallback: string | null, change: Partial<GroupSnapshot> = {}) =>
  buildGroup({
    id: id(name),
    clientRestriction: 'claude-code',
    fallbackGroupId: fallback === null ? null : id(fallback),
    ...change,
  });
const mapOf = (...groups: GroupSnapshot[]) => new Map(groups.map((one) => [one.id, one]));

describe('[SEL-6] selectGroupForClient', () => {
  const open = group('grp_c', null, { clientRestriction: 'none' });
  const chain = mapOf(group('grp_a', 'grp_b'), group('grp_b', 'grp_c'), open);

  it('Claude Code stays in a group that is for it', () => {
    expect(selectGroupForClient(chain, id('grp_a'), true)).toMatchObject({
      kind: 'selected',
      group: { id: 'grp_a' },
    });
  });

  it('another client goes along the fallbacks to the first group that is open to it', () => {
    expect(selectGroupForClient(chain, id('grp_a'), false)).toEqual({ kind: 'selected', group: open });
  });

  it('an open group never sends anybody away, whatever its fallback', () => {
    const groups = mapOf(group('grp_a', 'grp_x', { clientRestriction: 'none' }));
    expect(selectGroupForClient(groups, id('grp_a'), false).kind).toBe('selected');
  });

  it('no fallback, no service', () => {
    const groups = mapOf(group('grp_a', null));
    expect(selectGroupForClient(groups, id('grp_a'), false)).toEqual({
      kind: 'refused',
      reason: 'client-restricted',
    });
  });

  it('an inactive fallback serves nobody', () => {
    const groups = mapOf(
      group('grp_a', 'grp_b'),
      group('grp_b', null, { clientRestriction: 'none', status: 'disabled' }),
    );
    expect(selectGroupForClient(groups, id('grp_a'), false)).toEqual({
      kind: 'refused',
      reason: 'group-inactive',
    });
  });

  it('names the group that it has to know', () => {
    const groups = mapOf(group('grp_a', 'grp_b'));
    expect(selectGroupForClient(groups, id('grp_a'), false)).toEqual({
      kind: 'unknown-group',
      groupId: 'grp_b',
    });
  });

  it.each([
    ['itself', [group('grp_a', 'grp_a')]],
    ['one of three', [group('grp_a', 'grp_b'), group('grp_b', 'grp_c'), group('grp_c', 'grp_b')]],
  ])('a chain that comes back to %s ends in a refusal', (_, groups) => {
    expect(selectGroupForClient(mapOf(...groups), id('grp_a'), false)).toEqual({
      kind: 'refused',
      reason: 'cycle',
    });
  });

  it('any graph of groups comes to an end, and a selected group is active and open to the client', () => {
    const name = fc.constantFrom('grp_0', 'grp_1', 'grp_2', 'grp_3', 'grp_4');
    const change = fc.record({
      clientRestriction: fc.constantFrom('none' as const, 'claude-code' as const),
      status: fc.constantFrom('active' as const, 'active' as const, 'disabled' as const),
    });
    const groups = fc.array(fc.tuple(name, fc.option(name), change), { maxLength: 5 });
    fc.assert(
      fc.property(groups, name, fc.boolean(), (list, start, isClaudeCode) => {
        const map = mapOf(...list.map(([own, fallback, rest]) => group(own, fallback, rest)));
        const result = selectGroupForClient(map, id(start), isClaudeCode);
        if (result.kind === 'unknown-group') expect(map.has(result.groupId)).toBe(false);
        if (result.kind !== 'selected') return;
        expect(result.group.status).toBe('active');
        expect(isClaudeCode || result.group.clientRestriction === 'none').toBe(true);
      }),
    );
  });
});
