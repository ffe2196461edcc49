import type { Clock, Logger } from '@tollgate/core';
import {
  buildPeriod,
  dropPartitionsBefore,
  ensurePartitions,
  type Database,
  type PartitionedTable,
} from '@tollgate/db';
import { createPeriodicJob, type Job } from './periodic-job.ts';

export interface PartitionJobOptions {
  db: Database;
  clock: Clock;
  logger: Logger;
  table: PartitionedTable;
  /** Whole periods that are kept before the present one; null = all. Asked in each round. */
  readKept(): Promise<number | null>;
  /** Default 1 h. */
  intervalMs?: number;
}

const INTERVAL_MS = 3_600_000;
/** With a control plane that is away for longer nothing is lost, but its rows have to be moved afterwards. */
const PERIODS_AHEAD = 2;

/** Keeps the partitions of a table (OPS-1); any number of control planes may do it at once. */
export function createPartitionJob(options: PartitionJobOptions): Job {
  return createPeriodicJob({
    intervalMs: options.intervalMs ?? INTERVAL_MS,
    runRound: () => keepPartitions(options),
    onFault: (fault) => options.logger.warn({ err: fault }, 'partitions wait for the next round'),
  });
}

async function keepPartitions({ db, clock, logger, table, readKept }: PartitionJobOptions): Promise<void> {
  const nowMs = clock.nowMs();
  const made = await ensurePartitions(db, table, nowMs, PERIODS_AHEAD);
  if (made.length > 0) logger.info({ partitions: made }, 'new partitions');
  const kept = await readKept();
  if (kept === null) return;
  const dropped = await dropPartitionsBefore(db, table, buildPeriod(table.period, nowMs, -kept).startMs);
  if (dropped.length > 0) logger.info({ partitions: dropped }, 'old partitions are dropped');
}
