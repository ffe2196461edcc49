import {
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
import {
  buildAccount as buildPlainAccount,
  buildGroup as buildPlainGroup,
  buildPool as buildPlainPool,
} from '@tollgate/core/testing';

export const MODEL = 'claude-sonnet-4-5';
export const USER_ID = 'usr_1' as UserId;
export const KEY_ID = 'key_1' as KeyId;
export const GROUP_ID = 'grp_1' as GroupId;
export const ACCOUNT_ID = 'acc_1' as AccountId;

export function buildGroup(changes: Partial<GroupSnapshot> = {}): GroupSnapshot {
  return buildPlainGroup({ id: GROUP_ID, name: 'main', rateMultiplier: '1.5', ...changes });
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

/** Of one slot, with a key that is not sealed. */
export function buildAccount(changes: Partial<AccountSnapshot> = {}): AccountSnapshot {
  const baseUrl = 'https://upstream.example';
  const sealedCredentials = '{"api_key":"sk-up"}';
  return buildPlainAccount({ id: ACCOUNT_ID, baseUrl, sealedCredentials, concurrency: 1, ...changes });
}

export function buildPool(accounts: AccountSnapshot[] = [buildAccount()]): PoolSnapshot {
  return { ...buildPlainPool(...accounts), groupId: GROUP_ID };
}
