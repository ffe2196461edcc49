import {
  DEFAULT_DEADLINES,
  formatMultiplier,
  parseMultiplier,
  parseUsd,
  SNAPSHOT_SCHEMA_VERSION,
  ZERO_USD,
  type AccountSnapshot,
  type GroupDeadlines,
  type GroupId,
  type GroupSnapshot,
  type KeySnapshot,
  type PicoUsd,
  type SnapshotSource,
  type UserId,
} from '@tollgate/core';
import type { Database } from './open-database.ts';

/** Snapshots from Postgres, one statement each. Faults of the database reject. */
export function createSnapshotSource(db: Database): SnapshotSource {
  return {
    loadKey: (keyHash) => loadKey(db, keyHash),
    async loadPool(groupId) {
      return { schemaVersion: SNAPSHOT_SCHEMA_VERSION, groupId, accounts: await loadAccounts(db, groupId) };
    },
    loadBalance: (userId) => loadBalance(db, userId),
  };
}

/** Groups travel as one JSON array, built as the snapshot has them, with numerics as text to stay exact. */
interface KeyRow extends Pick<KeySnapshot, 'key' | 'user'> {
  groups: (Omit<GroupSnapshot, 'deadlines'> & { deadlines: Partial<GroupDeadlines> })[];
}

async function loadKey(db: Database, keyHash: string): Promise<KeySnapshot | null> {
  const [row] = await db.sql<KeyRow[]>`
    select
      jsonb_build_object(
        'id', k.id, 'name', k.name, 'status', k.status, 'ipAllow', k.ip_allow, 'ipDeny', k.ip_deny,
        'expiresAtMs', floor(extract(epoch from k.expires_at) * 1000), 'rpm', k.rpm, 'tpm', 0, 'concurrency', k.concurrency
      ) as key,
      jsonb_build_object(
        'id', u.id, 'email', u.email, 'status', u.status, 'role', u.role,
        'concurrency', u.concurrency, 'rpm', u.rpm, 'tpm', 0, 'weight', 1, 'queueMax', null, 'tokenLimit', 0
      ) as user,
      (
        select coalesce(jsonb_agg(jsonb_build_object(
          'id', g.id, 'name', g.name, 'platform', g.platform, 'status', g.status, 'type', g.type,
          'rateMultiplier', g.rate_multiplier::text, 'rpm', g.rpm, 'tpm', 0, 'clientRestriction', 'none', 'fallbackGroupId', null,
          'invalidRequestFallbackGroupId', null, 'modelRouting', '[]'::jsonb, 'queueTimeoutMs', 60000, 'unpricedModels', g.unpriced_models,
          'deadlines', g.deadlines
        ) order by kg.position, g.id), '[]'::jsonb)
        from key_groups kg join groups g on g.id = kg.group_id
        where kg.key_id = k.id
      ) as groups
    from keys k join users u on u.id = k.user_id
    where k.hash = ${keyHash}`;
  if (!row) return null;
  return {
    schemaVersion: SNAPSHOT_SCHEMA_VERSION,
    key: row.key,
    user: row.user,
    rpmOverrides: {},
    groups: row.groups.map(buildGroup),
  };
}

function buildGroup(row: KeyRow['groups'][number]): GroupSnapshot {
  return {
    ...row,
    rateMultiplier: formatMultiplier(parseMultiplier(row.rateMultiplier)),
    deadlines: { ...DEFAULT_DEADLINES, ...row.deadlines },
  };
}

async function loadAccounts(db: Database, groupId: GroupId): Promise<AccountSnapshot[]> {
  const rows = await db.sql<(Omit<AccountSnapshot, 'expiresAtMs'> & { expiresAtMs: string | null })[]>`
    select
      a.id, a.name, a.platform, a.kind, a.base_url as "baseUrl", a.sealed_credentials as "sealedCredentials",
      a.concurrency, coalesce(ag.priority, a.priority) as priority, a.status, a.schedulable,
      floor(extract(epoch from a.expires_at) * 1000)::text as "expiresAtMs", a.model_mapping as "modelMapping",
      null as "sealedProxyUrl", 0 as "sessionsMax", 300000 as "sessionIdleMs", null as "windowCostLimit",
      '10000000000000' as "windowCostReserve", false as "interceptsWarmUps", null as "passedStatuses",
      '[]'::jsonb as "pauseRules", '{}'::jsonb as "pinnedHeaders"
    from account_groups ag join accounts a on a.id = ag.account_id
    where ag.group_id = ${groupId}
    order by coalesce(ag.priority, a.priority), a.id`;
  return rows.map((row) =>
    Object.assign(row, { expiresAtMs: row.expiresAtMs === null ? null : Number(row.expiresAtMs) }),
  );
}

/** A user that is gone has nothing left to spend. */
async function loadBalance(db: Database, userId: UserId): Promise<PicoUsd> {
  const [row] = await db.sql<{ balance: string }[]>`select balance from users where id = ${userId}`;
  return row ? parseUsd(row.balance) : ZERO_USD;
}
