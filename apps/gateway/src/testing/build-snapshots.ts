import {
  DEFAULT_DEADLINES,
  DEFAULT_DRAIN_MS,
  DEFAULT_DRAIN_TOKENS,
  DEFAULT_QUEUE_TIMEOUT_MS,
  DEFAULT_SESSION_IDLE_MS,
  DEFAULT_WINDOW_COST_RESERVE,
  SNAPSHOT_SCHEMA_VERSION,
  type AccountId,
  type AccountSnapshot,
  type GroupId,
  type GroupSnapshot,
  type KeyId,
  type KeySnapshot,
  type PoolSnapshot,
  type UserId,
} from '@tollgate/core';

export const MODEL = 'claude-sonnet-4-5';
export const USER_ID = 'usr_1' as UserId;
export const KEY_ID = 'key_1' as KeyId;
export const GROUP_ID = 'grp_1' as GroupId;
export const ACCOUNT_ID = 'acc_1' as AccountId;

export function buildGroup(changes: Partial<GroupSnapshot> = {}): GroupSnapshot {
  return {
    id: GROUP_ID,
    name: 'main',
    platform: 'anthropic',
    status: 'active',
    type: 'standard',
    rateMultiplier: '1.5',
    rpm: 0,
    tpm: 0,
    clientRestriction: 'none',
    fallbackGroupId: null,
    invalidRequestFallbackGroupId: null,
    modelRouting: [],
    queueTimeoutMs: DEFAULT_QUEUE_TIMEOUT_MS,
    unpricedModels: 'refuse',
    limitDay: null,
    limitWeek: null,
    limitMonth: null,
    holdMax: null,
    hangUp: 'abort',
    drainMs: DEFAULT_DRAIN_MS,
    drainTokens: DEFAULT_DRAIN_TOKENS,
    imagePrices: { '1k': null, '2k': null, '4k': null },
    deadlines: DEFAULT_DEADLINES,
    ...changes,
  };
}

export function buildKey(
  changes: {
    key?: Partial<KeySnapshot['key']>;
    user?: Partial<KeySnapshot['user']>;
    rpmOverrides?: KeySnapshot['rpmOverrides'];
    subscriptions?: KeySnapshot['subscriptions'];
    groups?: GroupSnapshot[];
  } = {},
): KeySnapshot {
  return {
    schemaVersion: SNAPSHOT_SCHEMA_VERSION,
    key: {
      id: KEY_ID,
      name: 'k1',
      status: 'active',
      ipAllow: [],
      ipDeny: [],
      expiresAtMs: null,
      rpm: 0,
      tpm: 0,
      concurrency: 0,
      quota: null,
      limit5h: null,
      limit1d: null,
      limit7d: null,
      ...changes.key,
    },
    user: {
      id: USER_ID,
      email: 'u@example.com',
      status: 'active',
      role: 'user',
      concurrency: 0,
      rpm: 0,
      tpm: 0,
      weight: 1,
      queueMax: null,
      tokenLimit: 0,
      ...changes.user,
    },
    rpmOverrides: changes.rpmOverrides ?? {},
    subscriptions: changes.subscriptions ?? {},
    groups: changes.groups ?? [buildGroup()],
  };
}

export function buildAccount(changes: Partial<AccountSnapshot> = {}): AccountSnapshot {
  return {
    id: ACCOUNT_ID,
    name: 'a1',
    platform: 'anthropic',
    kind: 'api-key',
    baseUrl: 'https://upstream.example',
    sealedCredentials: '{"api_key":"sk-up"}',
    concurrency: 1,
    priority: 50,
    status: 'active',
    schedulable: true,
    expiresAtMs: null,
    modelMapping: {},
    sealedProxyUrl: null,
    sessionsMax: 0,
    sessionIdleMs: DEFAULT_SESSION_IDLE_MS,
    windowCostLimit: null,
    windowCostReserve: DEFAULT_WINDOW_COST_RESERVE,
    interceptsWarmUps: false,
    passedStatuses: null,
    pauseRules: [],
    pinnedHeaders: {},
    ...changes,
  };
}

export function buildPool(accounts: AccountSnapshot[] = [buildAccount()]): PoolSnapshot {
  return { schemaVersion: SNAPSHOT_SCHEMA_VERSION, groupId: GROUP_ID, accounts };
}
