import type { AccountId, GroupId, KeyId, UserId } from './ids.ts';
import type { AccountKind, Platform } from './platforms.ts';

/**
 * What the hot path knows about configuration. Snapshots are plain JSON (they travel through the shared
 * store), hold limits but never use figures, and carry a schema version: another version is a miss.
 */
export const SNAPSHOT_SCHEMA_VERSION = 1;

/** The answer to "who is this key": key, user and groups (AUTH-3). */
export interface KeySnapshot {
  schemaVersion: number;
  key: {
    id: KeyId;
    name: string;
    status: 'active' | 'disabled';
    /** CIDR or single addresses, v4 and v6; empty = everyone. Deny wins. */
    ipAllow: string[];
    ipDeny: string[];
    /** ms since 1970 UTC; null = never. */
    expiresAtMs: number | null;
    /** Requests a minute; 0 = no limit. */
    rpm: number;
    /** Parallel requests; 0 = no limit. */
    concurrency: number;
  };
  user: {
    id: UserId;
    email: string;
    status: 'active' | 'disabled';
    role: 'admin' | 'user';
    /** Parallel requests over all keys of the user; 0 = no limit. */
    concurrency: number;
    /** Requests a minute over all keys; 0 = no limit. */
    rpm: number;
  };
  /** In the order of the key's own list; never empty in a valid key. */
  groups: GroupSnapshot[];
}

export interface GroupSnapshot {
  id: GroupId;
  name: string;
  platform: Platform;
  status: 'active' | 'disabled';
  type: 'standard' | 'subscription';
  /** Decimal string, e.g. "1.5" (see core money). */
  rateMultiplier: string;
  /** Requests a minute of one user in this group; 0 = no limit. */
  rpm: number;
  /** What happens to a model that has no price: refuse it, or serve it and mark the row unpriced. */
  unpricedModels: 'refuse' | 'allow';
  deadlines: GroupDeadlines;
}

/** REQ-7, all in ms. */
export interface GroupDeadlines {
  connectMs: number;
  /** From the request's last byte sent to the answer's first header byte. */
  firstByteMs: number;
  /** From the same moment to the first content event (streams) or the whole body (plain). */
  firstContentMs: number;
  /** Between two reads of a stream. */
  idleMs: number;
  /** The whole request, over all attempts. */
  totalMs: number;
}

export const DEFAULT_DEADLINES: Readonly<GroupDeadlines> = Object.freeze({
  connectMs: 10_000,
  firstByteMs: 300_000,
  firstContentMs: 600_000,
  idleMs: 120_000,
  totalMs: 1_800_000,
});

/** The accounts that a group may use. */
export interface PoolSnapshot {
  schemaVersion: number;
  groupId: GroupId;
  accounts: AccountSnapshot[];
}

export interface AccountSnapshot {
  id: AccountId;
  name: string;
  platform: Platform;
  kind: AccountKind;
  /** No trailing slash, no path of the API itself: `https://api.anthropic.com`. */
  baseUrl: string;
  /** Sealed credentials (AES-256-GCM, see packages/db); opened in the gateway's memory only. */
  sealedCredentials: string;
  /** Parallel requests; 0 = no limit. */
  concurrency: number;
  /** Lower goes first. Already the link's own priority, where the group sets one. */
  priority: number;
  status: 'active' | 'disabled' | 'error';
  schedulable: boolean;
  expiresAtMs: number | null;
  /** Requested name (exact, or with a trailing `*`) → upstream name. Not empty = also the allow-list. */
  modelMapping: Record<string, string>;
}

/** Opened credentials of an account. */
export type AccountCredentials = { api_key: string } | { access_token: string; refresh_token?: string };
