import { forgetSignIns } from '@tollgate/api/server';
import type { Logger } from '@tollgate/core';
import type { Database } from '@tollgate/db';
import { createPeriodicJob, type Job } from './periodic-job.ts';

export interface SignInJobOptions {
  db: Database;
  logger: Logger;
  /** Default 10 min. */
  intervalMs?: number;
}

const INTERVAL_MS = 600_000;

/** CTL-2: sessions and links that have ended, and guesses of long ago; any number of control planes may do it at once. */
export function createSignInJob({ db, logger, intervalMs = INTERVAL_MS }: SignInJobOptions): Job {
  return createPeriodicJob({
    intervalMs,
    runRound: () => forgetSignIns(db),
    onFault: (fault) => logger.warn({ err: fault }, 'ended sessions wait for the next round'),
  });
}
