import type { Logger } from '@tollgate/core';
import { evaluateRound, type EvaluationServices } from '../alerts/evaluate-round.ts';
import type { NodeWatch } from '../alerts/node-watch.ts';
import { createPeriodicJob, type Job } from './periodic-job.ts';

/** Between looks at the nodes: a dead one is on the store's list as silent for 15 s. */
const NODE_LOOK_MS = 5_000;

/** OPS-5: looks at alert rules, on a timer of its own. */
export function createAlertJob(services: EvaluationServices): Job {
  return createPeriodicJob({
    intervalMs: services.intervalMs,
    runRound: () => evaluateRound(services),
    onFault: (fault) => services.logger.warn({ err: fault }, 'alert rules wait for the next round'),
  });
}

/** Looks at the nodes between two rounds, as the store forgets dead ones soon. */
export function createNodeWatchJob({ nodeWatch, logger }: { nodeWatch: NodeWatch; logger: Logger }): Job {
  return createPeriodicJob({
    intervalMs: NODE_LOOK_MS,
    runRound: async () => void (await nodeWatch.count()),
    onFault: (fault) => logger.debug({ err: fault }, 'no look at the nodes'),
  });
}
