import type { Database } from '../open-database.ts';
import { PARTITION_LOCK_MS } from './ensure-usage-partitions.ts';
import { listUsagePartitions } from './list-usage-partitions.ts';

/**
 * Drops the partitions all of whose rows are older than `beforeMs`; gives their names, oldest first. What is in the
 * default partition stays until its month has a partition. An attempt that is booked again after its row is dropped
 * is new to the books but for the ledger: keep longer than journals may lie unread.
 */
export async function dropUsagePartitionsBefore(db: Database, beforeMs: number): Promise<string[]> {
  const dropped: string[] = [];
  for (const { name, endMs } of await listUsagePartitions(db.sql)) {
    if (endMs > beforeMs) continue;
    await db.sql.begin(async (tx) => {
      await tx.unsafe(`set local lock_timeout = ${PARTITION_LOCK_MS}`);
      await tx`drop table if exists ${tx(name)}`;
    });
    dropped.push(name);
  }
  return dropped;
}
