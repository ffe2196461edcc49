import type { PicoUsd } from './money.ts';
import type { GroupId, UserId } from './ids.ts';
import type { KeySnapshot, PoolSnapshot } from './snapshots.ts';

/** Where snapshots come from when no cache has them: Postgres, through packages/db. Faults reject. */
export interface SnapshotSource {
  /** `keyHash`: SHA-256 of the key, hex. null = there is no such key. */
  loadKey(keyHash: string): Promise<KeySnapshot | null>;
  /** An unknown group gives an empty pool. */
  loadPool(groupId: GroupId): Promise<PoolSnapshot>;
  loadBalance(userId: UserId): Promise<PicoUsd>;
}
