import type { Database } from '../open-database.ts';
import { PARTITION_LOCK_MS } from './ensure-partitions.ts';
import { listPartitions } from './list-partitions.ts';
import type { PartitionedTable } from './periods.ts';

/**
 * Drops the partitions all of whose rows are older than `beforeMs`; gives their names, oldest first. What is in the
 * default partition stays until its period has a partition. An attempt that is booked again after its row is dropped
 * is new to the books but for the ledger: keep usage longer than journals may lie unread.
 */
export async function dropPartitionsBefore(
  db: Database,
  table: PartitionedTable,
  beforeMs: number,
): Promise<string[]> {
  const dropped: string[] = [];
  for (const { name, endMs } of await listPartitions(db.sql, table)) {
    if (endMs > beforeMs) continue;
    await db.sql.begin(async (tx) => {
      await tx.unsafe(`set local lock_timeout = ${PARTITION_LOCK_MS}`);
      await tx`drop table if exists ${tx(name)}`;
    });
    dropped.push(name);
  }
  return dropped;
}
