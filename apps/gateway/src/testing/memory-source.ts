import {
  parseUsd,
  type GroupId,
  type GroupSnapshot,
  type KeySnapshot,
  type LoadedPurses,
  type PicoUsd,
  type PoolSnapshot,
  type SnapshotSource,
  type WindowUse,
  ZERO_USD,
} from '@tollgate/core';

const UNUSED: WindowUse = { spent: ZERO_USD, startMs: null };

/** Postgres as the data plane sees it; counts the loads, and can be gone. */
export class MemorySource implements SnapshotSource {
  readonly keys = new Map<string, KeySnapshot>();
  readonly groups = new Map<string, GroupSnapshot>();
  readonly pools = new Map<string, PoolSnapshot>();
  balance: PicoUsd = parseUsd('10');
  keyUse: Partial<LoadedPurses['key']> = {};
  subscription: LoadedPurses['subscription'] = null;
  isGone = false;
  loads = 0;
  /** Runs inside each load: what happens while Postgres thinks. */
  during: (() => Promise<void> | void) | null = null;

  async loadKey(keyHash: string): Promise<KeySnapshot | null> {
    const key = this.keys.get(keyHash) ?? null;
    await this.#load();
    return key;
  }

  async loadGroup(groupId: GroupId): Promise<GroupSnapshot | null> {
    const group = this.groups.get(groupId) ?? null;
    await this.#load();
    return group;
  }

  async loadPool(groupId: GroupId): Promise<PoolSnapshot> {
    const pool = this.pools.get(groupId) ?? { schemaVersion: 1, groupId, accounts: [] };
    await this.#load();
    return pool;
  }

  async loadPurses(): Promise<LoadedPurses> {
    const { balance, subscription } = this;
    const key = { total: UNUSED, '5h': UNUSED, '1d': UNUSED, '7d': UNUSED, ...this.keyUse };
    await this.#load();
    return { balance, key, subscription };
  }

  async #load(): Promise<void> {
    this.loads += 1;
    await this.during?.();
    if (this.isGone) throw new Error('connect ECONNREFUSED 203.0.113.7:5432');
  }
}
