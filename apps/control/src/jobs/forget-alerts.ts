import type { Logger } from '@tollgate/core';
import { forgetAlerts, type Database } from '@tollgate/db';
import { createPeriodicJob, type Job } from './periodic-job.ts';

export interface ForgetAlertsOptions {
  db: Database;
  logger: Logger;
  /** Whole days that what is over is kept; null = for ever. Asked in each round. */
  readKept(): Promise<number | null>;
  /** Default 1 h. */
  intervalMs?: number;
}

const INTERVAL_MS = 3_600_000;

/** OPS-5: events that are over, and messages; any number of control planes may do it at once. */
export function createForgetAlertsJob(options: ForgetAlertsOptions): Job {
  const { db, logger, readKept, intervalMs = INTERVAL_MS } = options;
  return createPeriodicJob({
    intervalMs,
    async runRound() {
      const days = await readKept();
      const total = days === null ? 0 : await forgetAlerts(db, days);
      if (total > 0) logger.info({ total, days }, 'old alerts are forgotten');
    },
    onFault: (fault) => logger.warn({ err: fault }, 'old alerts wait for the next round'),
  });
}
