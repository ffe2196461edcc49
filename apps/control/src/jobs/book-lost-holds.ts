import {
  buildAttemptBatch,
  buildUnknownOutcome,
  decodeFacts,
  encodeOutcome,
  type Logger,
  type UserId,
} from '@tollgate/core';
import type { UsageSink } from '@tollgate/db';
import { createPeriodicJob, type Job } from './periodic-job.ts';

/** A hold whose request ended without a word: its node was killed. */
export interface LostHold {
  id: string;
  userId: UserId;
  /** The facts of its first attempt, see `encodeFacts`. */
  note: string;
}

/** The part of the store that keeps them until somebody has written them down. */
export interface LostHoldStore {
  listLostHolds(limit: number): Promise<LostHold[]>;
  forgetLostHolds(ids: readonly string[]): Promise<void>;
}

export interface LostHoldJobOptions {
  store: LostHoldStore;
  sink: UsageSink;
  logger: Logger;
  /** Default 10 s. */
  intervalMs?: number;
}

const INTERVAL_MS = 10_000;
const BATCH_HOLDS = 100;
/** Of one round: a store that forgets nothing does not hold it for ever. */
const BATCHES_MAX = 50;

/**
 * MON-6: books the attempts of lost holds as `unknown`, then forgets the holds. An attempt that is booked already stays
 * as it is, and one that the journal of its node brings later takes the place of `unknown`: so any number of control
 * planes may do it, any number of times.
 */
export function createLostHoldJob(options: LostHoldJobOptions): Job {
  return createPeriodicJob({
    intervalMs: options.intervalMs ?? INTERVAL_MS,
    runRound: (stopping) => bookAll(options, stopping),
    onFault: (fault) => options.logger.warn({ err: fault }, 'lost holds wait for the next round'),
  });
}

async function bookAll(options: LostHoldJobOptions, stopping: AbortSignal): Promise<void> {
  for (let batch = 0; batch < BATCHES_MAX && !stopping.aborted; batch += 1) {
    const holds = await options.store.listLostHolds(BATCH_HOLDS);
    if (holds.length > 0) await bookBatch(options, holds);
    if (holds.length < BATCH_HOLDS) return;
  }
}

/** Forgotten only when it is booked: a fault in between books twice, which is once. */
async function bookBatch({ store, sink, logger }: LostHoldJobOptions, holds: LostHold[]): Promise<void> {
  const texts = new Map<string, string>();
  for (const { id, note } of holds) {
    const facts = decodeFacts(note);
    if (facts) texts.set(facts.attemptId, encodeOutcome(buildUnknownOutcome(facts)));
    else logger.error({ hold: id }, 'a lost hold has a note that nobody can read: it is not booked');
  }
  await sink.book(buildAttemptBatch([...texts.values()]));
  await store.forgetLostHolds(holds.map(({ id }) => id));
  logger.warn({ count: texts.size }, 'requests that ended without a word are booked as unknown');
}
