import type { Clock, Logger } from '@tollgate/core';
import { dropUsagePartitionsBefore, ensureUsagePartitions, type Database } from '@tollgate/db';

export interface PartitionJobOptions {
  db: Database;
  clock: Clock;
  logger: Logger;
  /** Whole months of usage that are kept before the present one; null = all. */
  monthsKept: number | null;
  /** Default 1 h. */
  intervalMs?: number;
}

export interface PartitionJob {
  start(): void;
  /** One round: months made and dropped. Never rejects: what fails is done in the next one. */
  run(): Promise<void>;
  /** Begins nothing more; resolves when a round under way is over. */
  stop(): Promise<void>;
}

const INTERVAL_MS = 3_600_000;
/** With a control plane that is away for a month nothing is lost, but its rows have to be moved afterwards. */
const MONTHS_AHEAD = 2;

/** Keeps the months of `usage` (MON-5); any number of control planes may do it at once. */
export function createPartitionJob(options: PartitionJobOptions): PartitionJob {
  const { logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let isStopped = false;
  const run = (): Promise<void> => {
    if (isStopped) return running ?? Promise.resolve();
    running ??= keepPartitions(options)
      .catch((fault: unknown) => logger.warn({ err: fault }, 'months of usage wait for the next round'))
      .finally(() => (running = null));
    return running;
  };
  return {
    start() {
      timer ??= setInterval(() => void run(), options.intervalMs ?? INTERVAL_MS).unref();
      void run();
    },
    run,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
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
