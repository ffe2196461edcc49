import type { Clock, Logger } from '@tollgate/core';
import { dropUsagePartitionsBefore, ensureUsagePartitions, type Database } from '@tollgate/db';
import { createPeriodicJob, type Job } from './periodic-job.ts';

export interface PartitionJobOptions {
  db: Database;
  clock: Clock;
  logger: Logger;
  /** Whole months of usage that are kept before the present one; null = all. */
  monthsKept: number | null;
  /** Default 1 h. */
  intervalMs?: number;
}

const INTERVAL_MS = 3_600_000;
/** With a control plane that is away for a month nothing is lost, but its rows have to be moved afterwards. */
const MONTHS_AHEAD = 2;

/** Keeps the months of `usage` (MON-5); any number of control planes may do it at once. */
export function createPartitionJob(options: PartitionJobOptions): Job {
  return createPeriodicJob({
    intervalMs: options.intervalMs ?? INTERVAL_MS,
    runRound: () => keepPartitions(options),
    onFault: (fault) => options.logger.warn({ err: fault }, 'months of usage wait for the next round'),
  });
}

async function keepPartitions({ db, clock, logger, monthsKept }: PartitionJobOptions): Promise<void> {
  const nowMs = clock.nowMs();
  const made = await ensureUsagePartitions(db, nowMs, MONTHS_AHEAD);
  if (made.length > 0) logger.info({ partitions: made }, 'usage has new months');
  if (monthsKept === null) return;
  const now = new Date(nowMs);
  const beforeMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsKept);
  const dropped = await dropUsagePartitionsBefore(db, beforeMs);
  if (dropped.length > 0) logger.info({ partitions: dropped }, 'old months of usage are dropped');
}
