import {
  DEFAULT_DEADLINES,
  DEFAULT_MESSAGES_DISPATCH,
  formatMultiplier,
  parseMultiplier,
  parseUsd,
  SNAPSHOT_SCHEMA_VERSION,
  type AccountSnapshot,
  type GroupDeadlines,
  type GroupId,
  type GroupSnapshot,
  type KeySnapshot,
  type PicoUsdText,
  type SnapshotSource,
  type SubscriptionSnapshot,
} from '@tollgate/core';
import { loadPurses } from './load-purses.ts';
import type { Database } from './open-database.ts';

/** Snapshots from Postgres, one statement each. Faults of the database reject. */
export function createSnapshotSource(db: Database): SnapshotSource {
  return {
    loadKey: (keyHash) => loadKey(db, keyHash),
    loadGroup: (groupId) => loadGroup(db, groupId),
    async loadPool(groupId) {
      return { schemaVersion: SNAPSHOT_SCHEMA_VERSION, groupId, accounts: await loadAccounts(db, groupId) };
    },
    loadPurses: (userId, keyId, subscriptionId) => loadPurses(db, userId, keyId, subscriptionId),
  };
}

type GroupRow = Omit<GroupSnapshot, 'deadlines'> & { deadlines: Partial<GroupDeadlines> };

interface KeyRow extends Pick<KeySnapshot, 'key' | 'user' | 'rpmOverrides'> {
  subscriptions: Record<string, SubscriptionSnapshot> | null;
  groups: GroupRow[];
}

async function loadKey(db: Database, keyHash: string): Promise<KeySnapshot | null> {
  const [row] = await db.sql<KeyRow[]>`
    select
      jsonb_build_object(
        'id', k.id, 'name', k.name, 'status', k.status, 'ipAllow', k.ip_allow, 'ipDeny', k.ip_deny,
        'expiresAtMs', floor(extract(epoch from k.expires_at) * 1000), 'rpm', k.rpm, 'tpm', k.tpm,
        'concurrency', k.concurrency, 'quota', k.quota::text, 'limit5h', k.limit_5h::text,
        'limit1d', k.limit_1d::text, 'limit7d', k.limit_7d::text
      ) as key,
      jsonb_build_object(
        'id', u.id, 'email', u.email, 'status', u.status, 'role', u.role, 'concurrency', u.concurrency,
        'rpm', u.rpm, 'tpm', u.tpm, 'weight', u.weight, 'queueMax', u.queue_max, 'tokenLimit', u.token_limit
      ) as user,
      (
        select coalesce(jsonb_object_agg(group_id, rpm), '{}'::jsonb) from rpm_overrides where user_id = u.id
      ) as "rpmOverrides",
      (
        select jsonb_object_agg(s.group_id, jsonb_build_object(
          'id', s.id, 'status', s.status,
          'startsAtMs', floor(extract(epoch from s.starts_at) * 1000),
          'expiresAtMs', floor(extract(epoch from s.expires_at) * 1000)
        ))
        from subscriptions s where s.user_id = u.id and s.status <> 'revoked' and s.expires_at > now()
      ) as subscriptions,
      (
        select coalesce(jsonb_agg(${buildGroupObject(db)} order by kg.position, g.id), '[]'::jsonb)
        from key_groups kg join groups g on g.id = kg.group_id
        where kg.key_id = k.id
      ) as groups
    from keys k join users u on u.id = k.user_id
    where k.hash = ${keyHash}`;
  if (!row) return null;
  const { key, user, rpmOverrides, subscriptions, groups } = row;
  return {
    schemaVersion: SNAPSHOT_SCHEMA_VERSION,
    key: {
      ...key,
      quota: mapUsd(key.quota),
      limit5h: mapUsd(key.limit5h),
      limit1d: mapUsd(key.limit1d),
      limit7d: mapUsd(key.limit7d),
    },
    user,
    rpmOverrides,
    subscriptions: subscriptions ?? {},
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
    'messagesDispatch', g.messages_dispatch, 'modelScopes', g.model_scopes,
    'mcpXmlInject', g.mcp_xml_inject, 'queueTimeoutMs', g.queue_timeout_ms, 'unpricedModels', g.unpriced_models, 'deadlines', g.deadlines,
    'limitDay', g.limit_day::text, 'limitWeek', g.limit_week::text, 'limitMonth', g.limit_month::text,
    'holdMax', g.hold_max::text, 'hangUp', g.hang_up, 'drainMs', g.drain_ms, 'drainTokens', g.drain_tokens,
    'imagePrices', jsonb_build_object(
      '1k', g.image_price_1k::text, '2k', g.image_price_2k::text, '4k', g.image_price_4k::text
    )
  )`;
}

function buildGroup(row: GroupRow): GroupSnapshot {
  return {
    ...row,
    rateMultiplier: formatMultiplier(parseMultiplier(row.rateMultiplier)),
    limitDay: mapUsd(row.limitDay),
    limitWeek: mapUsd(row.limitWeek),
    limitMonth: mapUsd(row.limitMonth),
    holdMax: mapUsd(row.holdMax),
    imagePrices: {
      '1k': mapUsd(row.imagePrices['1k']),
      '2k': mapUsd(row.imagePrices['2k']),
      '4k': mapUsd(row.imagePrices['4k']),
    },
    messagesDispatch: { ...DEFAULT_MESSAGES_DISPATCH, ...row.messagesDispatch },
    deadlines: { ...DEFAULT_DEADLINES, ...row.deadlines },
  };
}

/** Decimals of USD, as Postgres has them, to whole pico-USD. */
function mapUsd(usd: string | null): PicoUsdText | null {
  return usd === null ? null : String(parseUsd(usd));
}

/** What the driver gives as text: a bigint of ms, and decimals of USD. */
type AccountRow = Omit<AccountSnapshot, 'expiresAtMs'> & { expiresAtMs: string | null };

async function loadAccounts(db: Database, groupId: GroupId): Promise<AccountSnapshot[]> {
  const rows = await db.sql<AccountRow[]>`
    select
      a.id, a.name, a.platform, a.kind, a.base_url as "baseUrl",
      a.upstream_protocol as "upstreamProtocol", a.project, a.sealed_credentials as "sealedCredentials",
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
      windowCostLimit: mapUsd(row.windowCostLimit),
      windowCostReserve: String(parseUsd(row.windowCostReserve)),
    }),
  );
}
