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
    loadGroup: (groupId) => loadGroup(db, groupId),
    async loadPool(groupId) {
      return { schemaVersion: SNAPSHOT_SCHEMA_VERSION, groupId, accounts: await loadAccounts(db, groupId) };
    },
    loadBalance: (userId) => loadBalance(db, userId),
  };
}

type GroupRow = Omit<GroupSnapshot, 'deadlines'> & { deadlines: Partial<GroupDeadlines> };

interface KeyRow extends Pick<KeySnapshot, 'key' | 'user' | 'rpmOverrides'> {
  groups: GroupRow[];
}

async function loadKey(db: Database, keyHash: string): Promise<KeySnapshot | null> {
  const [row] = await db.sql<KeyRow[]>`
    select
      jsonb_build_object(
        'id', k.id, 'name', k.name, 'status', k.status, 'ipAllow', k.ip_allow, 'ipDeny', k.ip_deny,
        'expiresAtMs', floor(extract(epoch from k.expires_at) * 1000), 'rpm', k.rpm, 'tpm', k.tpm,
        'concurrency', k.concurrency
      ) as key,
      jsonb_build_object(
        'id', u.id, 'email', u.email, 'status', u.status, 'role', u.role, 'concurrency', u.concurrency,
        'rpm', u.rpm, 'tpm', u.tpm, 'weight', u.weight, 'queueMax', u.queue_max, 'tokenLimit', u.token_limit
      ) as user,
      (
        select coalesce(jsonb_object_agg(group_id, rpm), '{}'::jsonb) from rpm_overrides where user_id = u.id
      ) as "rpmOverrides",
      (
        select coalesce(jsonb_agg(${buildGroupObject(db)} order by kg.position, g.id), '[]'::jsonb)
        from key_groups kg join groups g on g.id = kg.group_id
        where kg.key_id = k.id
      ) as groups
    from keys k join users u on u.id = k.user_id
    where k.hash = ${keyHash}`;
  if (!row) return null;
  const { key, user, rpmOverrides, groups } = row;
  return {
    schemaVersion: SNAPSHOT_SCHEMA_VERSION,
    key,
    user,
    rpmOverrides,
    groups: groups.map(buildGroup),
  };
}

async function loadGroup(db: Database, groupId: GroupId): Promise<GroupSnapshot | null> {
  const [row] = await db.sql<{ group: GroupRow }[]>`
    select ${buildGroupObject(db)} as group from groups g where g.id = ${groupId}`;
  return row ? buildGroup(row.group) : null;
}

/** A row `g` of groups as the snapshot has it, with numerics as text to stay exact. */
function buildGroupObject(db: Database) {
  return db.sql`jsonb_build_object(
    'id', g.id, 'name', g.name, 'platform', g.platform, 'status', g.status, 'type', g.type,
    'rateMultiplier', g.rate_multiplier::text, 'rpm', g.rpm, 'tpm', g.tpm,
    'clientRestriction', g.client_restriction, 'fallbackGroupId', g.fallback_group_id,
    'invalidRequestFallbackGroupId', g.invalid_request_fallback_group_id, 'modelRouting', g.model_routing,
    'queueTimeoutMs', g.queue_timeout_ms, 'unpricedModels', g.unpriced_models, 'deadlines', g.deadlines
  )`;
}

function buildGroup(row: GroupRow): GroupSnapshot {
  return {
    ...row,
    rateMultiplier: formatMultiplier(parseMultiplier(row.rateMultiplier)),
    deadlines: { ...DEFAULT_DEADLINES, ...row.deadlines },
  };
}

/** What the driver gives as text: a bigint of ms, and decimals of USD. */
type AccountRow = Omit<AccountSnapshot, 'expiresAtMs'> & { expiresAtMs: string | null };

async function loadAccounts(db: Database, groupId: GroupId): Promise<AccountSnapshot[]> {
  const rows = await db.sql<AccountRow[]>`
    select
      a.id, a.name, a.platform, a.kind, a.base_url as "baseUrl", a.sealed_credentials as "sealedCredentials",
      a.concurrency, coalesce(ag.priority, a.priority) as priority, a.status, a.schedulable,
      floor(extract(epoch from a.expires_at) * 1000)::text as "expiresAtMs", a.model_mapping as "modelMapping",
      a.sealed_proxy_url as "sealedProxyUrl", a.sessions_max as "sessionsMax",
      a.session_idle_ms as "sessionIdleMs", a.window_cost_limit as "windowCostLimit",
      a.window_cost_reserve as "windowCostReserve", a.intercepts_warm_ups as "interceptsWarmUps",
      a.passed_statuses as "passedStatuses", a.pause_rules as "pauseRules", a.pinned_headers as "pinnedHeaders"
    from account_groups ag join accounts a on a.id = ag.account_id
    where ag.group_id = ${groupId}
    order by coalesce(ag.priority, a.priority), a.id`;
  return rows.map((row) =>
    Object.assign(row, {
      expiresAtMs: row.expiresAtMs === null ? null : Number(row.expiresAtMs),
      windowCostLimit: row.windowCostLimit === null ? null : String(parseUsd(row.windowCostLimit)),
      windowCostReserve: String(parseUsd(row.windowCostReserve)),
    }),
  );
}

/** A user that is gone has nothing left to spend. */
async function loadBalance(db: Database, userId: UserId): Promise<PicoUsd> {
  const [row] = await db.sql<{ balance: string }[]>`select balance from users where id = ${userId}`;
  return row ? parseUsd(row.balance) : ZERO_USD;
}
