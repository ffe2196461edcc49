import type { GroupId, GroupSnapshot } from '@tollgate/core';

export type GroupForClient =
  | { kind: 'selected'; group: GroupSnapshot }
  /** The chain leads to a group that is not in `groups`: load it and ask again; there is none: refuse. */
  | { kind: 'unknown-group'; groupId: GroupId }
  | { kind: 'refused'; reason: 'client-restricted' | 'group-inactive' | 'cycle' };

/**
 * The group that serves this client (SEL-6): `start`, or the first one along `fallbackGroupId` that is open to
 * it. Saving refuses cycles; one that came about all the same ends in a refusal, never in a loop.
 */
export function selectGroupForClient(
  groups: ReadonlyMap<GroupId, GroupSnapshot>,
  start: GroupId,
  isClaudeCode: boolean,
): GroupForClient {
  const seen = new Set<GroupId>();
  for (let groupId: GroupId | null = start; groupId !== null;) {
    if (seen.has(groupId)) return { kind: 'refused', reason: 'cycle' };
    seen.add(groupId);
    const group = groups.get(groupId);
    if (group === undefined) return { kind: 'unknown-group', groupId };
    if (group.status !== 'active') return { kind: 'refused', reason: 'group-inactive' };
    if (group.clientRestriction === 'none' || isClaudeCode) return { kind: 'selected', group };
    groupId = group.fallbackGroupId;
  }
  return { kind: 'refused', reason: 'client-restricted' };
}
