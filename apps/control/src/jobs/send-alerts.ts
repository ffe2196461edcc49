import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Logger } from '@tollgate/core';
import {
  claimDeliveries,
  endDelivery,
  type AlertDeliveryClaim,
  type AlertDeliveryEnd,
  type Database,
} from '@tollgate/db';
import type { SendOutcome } from '../alerts/channels/channel-message.ts';
import type { DeliverNotice } from '../alerts/channels/deliver-notice.ts';
import { createPeriodicJob, type Job, type PeriodicJob } from './periodic-job.ts';

export interface AlertSenderOptions {
  db: Database;
  logger: Logger;
  clock: Clock;
  deliver: DeliverNotice;
  /** How often it is looked for what is due. Default 1 s. */
  intervalMs?: number;
  /** After each try that failed; after the last of them the fallback channel gets it. Default 1, 2, 4 s. */
  retryDelaysMs?: readonly number[];
  /** After each further try to which the other side said that it takes no more at the moment. Default 15 s. */
  busyDelayMs?: number;
  /** Longer than one try may take. Default 60 s. */
  leaseMs?: number;
  /** How long a stop waits for tries under way. Default 5 s. */
  stopWaitMs?: number;
}

const INTERVAL_MS = 1_000;
const RETRY_DELAYS_MS = [1_000, 2_000, 4_000];
/** Chat robots take some messages a minute: of a hundred rules that fire at once the last must not be lost. */
const BUSY_DELAY_MS = 15_000;
const BUSY_TRIES_MAX = 40;
const LEASE_MS = 60_000;
/** Messages under way; each may hang as long as a try may take. */
const PARALLEL_MAX = 64;
/** Of one channel: a receiver that hangs takes no more of the places than these. */
const CHANNEL_PARALLEL_MAX = 4;
/** Mails of which some readers have got theirs; a process that forgets them sends twice. */
const PARTIAL_MAX = 1_000;
const STOP_WAIT_MS = 5_000;

/**
 * OPS-5: sends what evaluators (and tests of channels) have written down. Any number of control planes may do it at
 * once. At least once: a sender that is killed after the message went out and before it has written so sends it again,
 * under the same id.
 */
export function createAlertSender(options: AlertSenderOptions): Job {
  return new SendAlerts(options);
}

class SendAlerts implements Job {
  readonly #options: AlertSenderOptions;
  readonly #rounds: PeriodicJob;
  readonly #running = new Set<Promise<void>>();
  readonly #runningOf = new Map<string, number>();
  /** Delivery → readers who have got their mail. */
  readonly #partial = new Map<string, Set<string>>();
  /** Tries that are over. */
  #ended = 0;
  #isStopped = false;

  constructor(options: AlertSenderOptions) {
    this.#options = options;
    this.#rounds = createPeriodicJob({
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      runRound: (stopping) => this.#beginDue(stopping),
      onFault: (fault) => options.logger.warn({ err: fault }, 'alert messages wait for the next round'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when all that was due has been tried; what a try leaves behind may be due as well. */
  async run(): Promise<void> {
    let ended = -1;
    while (!this.#isStopped && (this.#running.size > 0 || this.#ended !== ended)) {
      await Promise.all(this.#running);
      ended = this.#ended;
      await this.#rounds.runAnew();
    }
  }

  async stop(): Promise<void> {
    const { stopWaitMs = STOP_WAIT_MS } = this.#options;
    this.#isStopped = true;
    await this.#rounds.stop();
    await Promise.race([Promise.all(this.#running), sleep(stopWaitMs, undefined, { ref: false })]);
  }

  /** Does not wait for what it begins: who hangs delays nobody else. */
  async #beginDue(stopping: AbortSignal): Promise<void> {
    const { db, leaseMs = LEASE_MS } = this.#options;
    while (!stopping.aborted && this.#running.size < PARALLEL_MAX) {
      const claims = await claimDeliveries(db, {
        leaseMs,
        limit: PARALLEL_MAX - this.#running.size,
        busyChannelIds: this.#listBusy(),
      });
      if (claims.length === 0) return;
      for (const claim of claims) this.#begin(claim);
    }
  }

  #listBusy(): string[] {
    return [...this.#runningOf].flatMap(([id, count]) => (count >= CHANNEL_PARALLEL_MAX ? [id] : []));
  }

  #begin(claim: AlertDeliveryClaim): void {
    const channelId = claim.channel?.id ?? '';
    this.#count(channelId, 1);
    const task = this.#send(claim)
      .catch((fault: unknown) => {
        // Its lease ends, and it is tried again.
        this.#options.logger.warn(
          { err: fault, delivery: claim.id },
          'an alert message waits for its lease to end',
        );
      })
      .finally(() => {
        this.#count(channelId, -1);
        this.#running.delete(task);
        this.#ended += 1;
        // What its channel has kept back, and its fallback, go now: a round under way has perhaps looked before.
        if (!this.#isStopped) void this.#rounds.runAnew();
      });
    this.#running.add(task);
  }

  #count(channelId: string, change: number): void {
    const count = (this.#runningOf.get(channelId) ?? 0) + change;
    if (count > 0) this.#runningOf.set(channelId, count);
    else this.#runningOf.delete(channelId);
  }

  async #send(claim: AlertDeliveryClaim): Promise<void> {
    const { db, logger, clock } = this.#options;
    if (this.#isStopped) return void (await endDelivery(db, claim, { kind: 'returned' }, clock.nowMs()));
    const done = this.#partial.get(claim.id) ?? new Set<string>();
    const end = this.#mapEnd(claim, await this.#try(claim, done));
    this.#keepPartial(claim.id, end, done);
    await endDelivery(db, claim, end, clock.nowMs());
    if (end.kind === 'later') this.#wakeAfter(end.retryAfterMs);
    if (end.kind === 'failed') {
      // The fault stays in the row: it is for admins, and may name readers.
      logger.warn(
        { delivery: claim.id, channel: claim.channel?.id ?? null },
        'an alert message was given up',
      );
    }
  }

  #try(
    { id, kind, channel, event }: AlertDeliveryClaim,
    done: Set<string>,
  ): Promise<SendOutcome> | SendOutcome {
    if (channel === null) return { kind: 'refused', fault: 'the channel is gone' };
    if (!channel.isEnabled && kind !== 'test') return { kind: 'refused', fault: 'the channel is disabled' };
    return this.#options.deliver(channel, { id, kind, channelName: channel.name, event }, done);
  }

  /** A test is tried once: somebody waits for what it shows. */
  #mapEnd({ kind, tries }: AlertDeliveryClaim, outcome: SendOutcome): AlertDeliveryEnd {
    if (outcome.kind === 'sent') return outcome;
    const retryAfterMs = this.#selectDelay(outcome.kind, tries);
    if (outcome.kind === 'refused' || kind === 'test' || retryAfterMs === undefined) {
      return { kind: 'failed', fault: outcome.fault };
    }
    return { kind: 'later', fault: outcome.fault, retryAfterMs };
  }

  /** Begun when the row is written: the database counts from then on. */
  #wakeAfter(delayMs: number): void {
    setTimeout(() => void this.#rounds.runAnew(), delayMs + 1).unref();
  }

  /** undefined = it was the last try. */
  #selectDelay(kind: SendOutcome['kind'], tries: number): number | undefined {
    const { retryDelaysMs = RETRY_DELAYS_MS, busyDelayMs = BUSY_DELAY_MS } = this.#options;
    const isPatient = kind === 'busy' && tries < BUSY_TRIES_MAX;
    return retryDelaysMs[tries] ?? (isPatient ? busyDelayMs : undefined);
  }

  #keepPartial(id: string, end: AlertDeliveryEnd, done: Set<string>): void {
    this.#partial.delete(id);
    if (end.kind !== 'later' || done.size === 0) return;
    const [oldest] = this.#partial.keys();
    if (this.#partial.size >= PARTIAL_MAX && oldest !== undefined) this.#partial.delete(oldest);
    this.#partial.set(id, done);
  }
}
