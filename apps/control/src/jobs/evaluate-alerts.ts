import type { Logger } from '@tollgate/core';
import { evaluateRound, type EvaluationServices } from '../alerts/evaluate-round.ts';
import type { NodeWatch } from '../alerts/node-watch.ts';
import { createPeriodicJob, type Job } from './periodic-job.ts';

/** Between looks at the nodes: a dead one is on the store's list as silent for 15 s. */
const NODE_LOOK_MS = 5_000;

/** How long reading may take: a round that takes longer than the interval delays the next. */
const SHORT = { windows: { min: 1, max: 60 }, statementMs: 15_000, totalMs: 20_000 } as const;
/** A day of requests takes its time, and is looked at each 24 minutes: rules with a short window do not wait for it. */
const LONG = { windows: { min: 61, max: 1_440 }, statementMs: 60_000, totalMs: 240_000 } as const;

type AlertJobServices = Omit<EvaluationServices, keyof typeof SHORT>;

/** OPS-5: looks at alert rules, on timers of its own. */
export function createAlertJobs(services: AlertJobServices): Job[] {
  return [SHORT, LONG].map((kind) =>
    createPeriodicJob({
      intervalMs: services.intervalMs,
      runRound: () => evaluateRound({ ...services, ...kind }),
      onFault: (fault) => services.logger.warn({ err: fault }, 'alert rules wait for the next round'),
    }),
  );
}

/** Looks at the nodes between two rounds, as the store forgets dead ones soon. */
export function createNodeWatchJob({ nodeWatch, logger }: { nodeWatch: NodeWatch; logger: Logger }): Job {
  return createPeriodicJob({
    intervalMs: NODE_LOOK_MS,
    runRound: async () => void (await nodeWatch.count()),
    onFault: (fault) => logger.debug({ err: fault }, 'no look at the nodes'),
  });
}
