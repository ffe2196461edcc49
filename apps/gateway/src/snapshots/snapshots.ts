import {
  SNAPSHOT_SCHEMA_VERSION,
  type Clock,
  type GroupId,
  type GroupSnapshot,
  type Invalidation,
  type KeySnapshot,
  type Logger,
  type PoolSnapshot,
  type SnapshotSource,
} from '@tollgate/core';
import { groupSnapshotName, keySnapshotName, poolSnapshotName, type Store } from '@tollgate/store';
import { SharedGroups } from './shared-groups.ts';
import { SnapshotCache } from './snapshot-cache.ts';

const KEYS_MAX = 100_000;
const POOLS_MAX = 1_000;
const GROUPS_MAX = 1_000;

interface FallbackGroup {
  schemaVersion: number;
  group: GroupSnapshot;
}

/** All that the hot path knows about configuration, and how it is dropped when it changes. */
export class Snapshots {
  readonly keys: SnapshotCache<KeySnapshot>;
  readonly pools: SnapshotCache<PoolSnapshot>;
  /** Fallback groups (SEL-6); a key's own groups are in its snapshot. */
  readonly groups: SnapshotCache<FallbackGroup>;

  constructor(source: SnapshotSource, store: Store, clock: Clock, logger: Logger) {
    const shared = { store, clock, logger };
    const groups = new SharedGroups();
    this.keys = new SnapshotCache({
      ...shared,
      family: 'key',
      buildL2Name: keySnapshotName,
      entriesMax: KEYS_MAX,
      load: (hash) => source.loadKey(hash),
      intern: (snapshot) => groups.share(snapshot),
    });
    this.pools = new SnapshotCache({
      ...shared,
      family: 'pool',
      buildL2Name: (groupId) => poolSnapshotName(groupId as GroupId),
      entriesMax: POOLS_MAX,
      load: (groupId) => source.loadPool(groupId as GroupId),
    });
    this.groups = new SnapshotCache({
      ...shared,
      family: 'group',
      buildL2Name: (groupId) => groupSnapshotName(groupId as GroupId),
      entriesMax: GROUPS_MAX,
      load: async (groupId) => {
        const group = await source.loadGroup(groupId as GroupId);
        return group && { schemaVersion: SNAPSHOT_SCHEMA_VERSION, group };
      },
    });
  }

  /** AUTH-6: forgets what the change made stale. */
  apply(invalidation: Invalidation): void {
    switch (invalidation.scope) {
      case 'key':
        return this.keys.invalidate(invalidation.keyHash);
      case 'user':
        return this.keys.invalidateWhere((snapshot) => snapshot.user.id === invalidation.userId);
      case 'group':
        this.keys.invalidateWhere((snapshot) =>
          snapshot.groups.some(({ id }) => id === invalidation.groupId),
        );
        this.groups.invalidate(invalidation.groupId);
        return this.pools.invalidate(invalidation.groupId);
      case 'account':
        return this.pools.invalidateWhere((pool) =>
          pool.accounts.some(({ id }) => id === invalidation.accountId),
        );
      case 'balance':
      case 'token-quota':
      case 'price':
        return undefined;
      case 'all':
        this.keys.invalidateAll();
        this.groups.invalidateAll();
        return this.pools.invalidateAll();
    }
  }
}
