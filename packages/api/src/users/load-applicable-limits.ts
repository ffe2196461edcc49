import type { GroupId, KeyId, UserId } from '@tollgate/core';
import type { Database } from '@tollgate/db';
import type { LiveSubject } from '../live/live-store.ts';
import type { User } from './user-schemas.ts';

/** A limit that some request of the user is held against. */
export interface ApplicableLimit {
  subject: LiveSubject;
  /** Of the key or the group; null for the user's own. */
  name: string | null;
  unit: 'requests' | 'tokens';
  limit: number;
  /** The limit is the user's override of the group's. */
  isOverride: boolean;
}

interface GroupRow {
  id: string;
  name: string;
  rpm: number;
  tpm: number;
  override: number | null;
}

/** LIM-1, LIM-2: of the user, of each group that a key leads to (by a fallback too), of each key. 0 = no limit. */
export async function loadApplicableLimits(db: Database, user: User): Promise<ApplicableLimit[]> {
  const userId = user.id as UserId;
  const keys = await db.sql<{ id: string; name: string; rpm: number; tpm: number }[]>`
    select id, name, rpm, tpm from keys where user_id = ${user.id} order by id`;
  const groups = await loadGroups(db, user.id);
  return [
    ...buildLimits({ kind: 'user', userId }, null, user),
    ...groups.flatMap(({ id, name, rpm, tpm, override }) =>
      buildLimits(
        { kind: 'user-group', userId, groupId: id as GroupId },
        name,
        { rpm: override ?? rpm, tpm },
        override !== null,
      ),
    ),
    ...keys.flatMap(({ id, name, rpm, tpm }) =>
      buildLimits({ kind: 'key', userId, keyId: id as KeyId }, name, { rpm, tpm }),
    ),
  ];
}

function buildLimits(
  subject: LiveSubject,
  name: string | null,
  { rpm, tpm }: { rpm: number; tpm: number },
  isOverride = false,
): ApplicableLimit[] {
  const shared = { subject, name };
  const limits: ApplicableLimit[] = [
    { ...shared, unit: 'requests', limit: rpm, isOverride },
    { ...shared, unit: 'tokens', limit: tpm, isOverride: false },
  ];
  return limits.filter(({ limit }) => limit > 0);
}

/** `union` drops what was found before, so that even a circle would end. */
function loadGroups(db: Database, userId: string): Promise<GroupRow[]> {
  return db.sql<GroupRow[]>`
    with recursive reachable (id) as (
      select kg.group_id from key_groups kg join keys k on k.id = kg.key_id where k.user_id = ${userId}
      union
      select next.id from reachable join groups g on g.id = reachable.id
      cross join lateral (values (g.fallback_group_id), (g.invalid_request_fallback_group_id)) as next (id)
      where next.id is not null
    )
    select g.id, g.name, g.rpm, g.tpm, o.rpm as override
    from groups g join reachable on reachable.id = g.id
    left join rpm_overrides o on o.group_id = g.id and o.user_id = ${userId}
    order by g.id`;
}
