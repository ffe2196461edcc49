import { schema } from '@tollgate/db';
import { count, eq, or } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { selectChanges } from '../change/select-changes.ts';
import { buildProblem } from '../problems/problem.ts';
import { removeDeadSubscriptions } from '../subscriptions/remove-dead-subscriptions.ts';
import { buildGroupColumns, normaliseGroupPatch } from './group-columns.ts';
import type { Group, GroupCreate, GroupPatch } from './group-schemas.ts';
import { mapGroup } from './map-group.ts';

const { accountGroups, groups, keyGroups } = schema;

export async function insertGroup(change: Change, fields: GroupCreate): Promise<Group> {
  const id = change.createId('group');
  const stamps = { createdAt: change.now, updatedAt: change.now };
  const { name, platform } = fields;
  const [row] = await change.tx
    .insert(groups)
    .values({ id, name, platform, ...buildGroupColumns(normaliseGroupPatch(fields)), ...stamps })
    .returning();
  if (!row) throw new Error('the insert gave no row');
  change.audit('group.create', id, fields);
  change.invalidate({ scope: 'group', groupId: id });
  return mapGroup(row);
}

/** What the patch would change, in the same form as the group shows it. */
export function selectGroupChanges(current: Group, patch: GroupPatch): GroupPatch {
  return selectChanges<GroupPatch>(current, normaliseGroupPatch(patch));
}

/** Writes only what differs; nothing differs → nothing written, audited or pushed. */
export async function updateGroup(change: Change, current: Group, patch: GroupPatch): Promise<Group> {
  const changes = selectGroupChanges(current, patch);
  if (Object.keys(changes).length === 0) return current;
  const [row] = await change.tx
    .update(groups)
    .set({ ...buildGroupColumns(changes), updatedAt: change.now })
    .where(eq(groups.id, current.id))
    .returning();
  if (!row) throw buildProblem('not-found', '', `no such group: ${current.id}`);
  change.audit('group.update', current.id, changes);
  change.invalidate({ scope: 'group', groupId: current.id });
  return mapGroup(row);
}

/** Refuses while a key, an account or a live subscription is still in the group, or another group falls back to it. */
export async function removeGroup(change: Change, group: Group): Promise<void> {
  const [keys] = await change.tx
    .select({ total: count() })
    .from(keyGroups)
    .where(eq(keyGroups.groupId, group.id));
  const [accounts] = await change.tx
    .select({ total: count() })
    .from(accountGroups)
    .where(eq(accountGroups.groupId, group.id));
  const [keyCount, accountCount] = [keys?.total ?? 0, accounts?.total ?? 0];
  if (keyCount + accountCount > 0) {
    const users = `${keyCount} key(s) and ${accountCount} account(s)`;
    throw buildProblem('conflict', '', `group ${group.name} is still used by ${users}`);
  }
  await requireNoFallback(change, group);
  await removeDeadSubscriptions(change, group);
  await change.tx.delete(groups).where(eq(groups.id, group.id));
  change.audit('group.delete', group.id, { name: group.name });
  change.invalidate({ scope: 'group', groupId: group.id });
}

async function requireNoFallback(change: Change, group: Group): Promise<void> {
  const [other] = await change.tx
    .select({ name: groups.name })
    .from(groups)
    .where(or(eq(groups.fallbackGroupId, group.id), eq(groups.invalidRequestFallbackGroupId, group.id)));
  if (other) throw buildProblem('conflict', '', `group ${other.name} falls back to group ${group.name}`);
}
