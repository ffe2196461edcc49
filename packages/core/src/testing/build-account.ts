import type { AccountId, GroupId } from '../ids.ts';
import {
  DEFAULT_SESSION_IDLE_MS,
  DEFAULT_WINDOW_COST_RESERVE,
  SNAPSHOT_SCHEMA_VERSION,
  type AccountSnapshot,
  type PoolSnapshot,
} from '../snapshots.ts';

/** An account without limits or rules that may serve everything; `change` says what a test is about. */
export function buildAccount(change: Partial<AccountSnapshot> = {}): AccountSnapshot {
  return {
    id: 'acc_1' as AccountId,
    name: 'one',
    platform: 'anthropic',
    kind: 'api-key',
    baseUrl: 'https://upstream.test',
    upstreamProtocol: null,
    project: null,
    sealedCredentials: '',
    concurrency: 3,
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
    ...change,
  };
}

export function buildPool(...accounts: AccountSnapshot[]): PoolSnapshot {
  return { schemaVersion: SNAPSHOT_SCHEMA_VERSION, groupId: 'grp_1' as GroupId, accounts };
}
