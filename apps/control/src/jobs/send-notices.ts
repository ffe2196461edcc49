import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@tollgate/core';
import {
  claimNotice,
  endNotice,
  keepNotice,
  type Database,
  type NoticeClaim,
  type NoticeEnd,
} from '@tollgate/db';
import { composeNotice } from '../mail/compose-notice.ts';
import { deliverMail, type Delivery } from '../mail/deliver-mail.ts';
import type { SmtpServerOptions } from '../mail/parse-smtp-url.ts';
import { selectAddress } from '../mail/select-address.ts';
import { createPeriodicJob, type Job } from './periodic-job.ts';

export interface NoticeJobOptions {
  db: Database;
  logger: Logger;
  smtp: SmtpServerOptions;
  /** `Name <address>` or the address alone. */
  from: string;
  /** How often it is looked for what is due. Default 5 s. */
  intervalMs?: number;
  /** Between the tries of one round. Default 1, 2, 4 s. */
  retryDelaysMs?: readonly number[];
  /** For each wait for the server. Default 20 s. */
  timeoutMs?: number;
}

const INTERVAL_MS = 5_000;
const RETRY_DELAYS_MS = [1_000, 2_000, 4_000];
const TIMEOUT_MS = 20_000;
const MINUTE_MS = 60_000;
/** Longer than one mail may take with all its waits. */
const LEASE_MS = 10 * MINUTE_MS;
const AGE_MS_MAX = 3 * 86_400_000;
/** After each round that failed; after the last of them it is given up. */
const BACK_OFF_MS = [1, 5, 15, 60, 240, 480, 720].map((minutes) => minutes * MINUTE_MS);

/**
 * MON-11: sends notices as mails, one to each reader. Any number of control planes may do it at once. A reader gets a
 * notice at most once: before the content of a mail goes out the reader is struck from the list, and comes back to it
 * only when the server surely has not taken the mail.
 */
export function createNoticeJob(options: NoticeJobOptions): Job {
  return createPeriodicJob({
    intervalMs: options.intervalMs ?? INTERVAL_MS,
    runRound: (stopping) => new NoticeRound(options, stopping).sendDue(),
    onFault: (fault) => options.logger.warn({ err: fault }, 'notices wait for the next round'),
  });
}

class NoticeRound {
  readonly #options: NoticeJobOptions;
  readonly #stopping: AbortSignal;

  constructor(options: NoticeJobOptions, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
  }

  async sendDue(): Promise<void> {
    while (!this.#stopping.aborted) {
      const notice = await claimNotice(this.#options.db, { leaseMs: LEASE_MS, ageMsMax: AGE_MS_MAX });
      if (notice === null) return;
      await this.#sendNotice(notice);
    }
  }

  async #sendNotice(notice: NoticeClaim): Promise<void> {
    const pending = new Set(notice.recipients);
    let fault: string | null = null;
    let isRead = !notice.isUnread;
    for (const to of notice.recipients) {
      const delivery = await this.#sendWithRetries(notice, to, pending);
      if (delivery.kind === 'later') pending.add(to);
      else pending.delete(to);
      if (delivery.kind === 'delivered' || delivery.kind === 'uncertain') isRead = true;
      if (delivery.kind !== 'delivered') fault = `${delivery.kind}: ${delivery.reason}`;
    }
    const { db, logger } = this.#options;
    await endNotice(db, notice, selectEnd(notice, [...pending], fault, isRead));
    if (fault !== null) logger.warn({ notice: notice.id, fault }, 'a notice was not sent to everybody');
  }

  /** `later` is tried again 1, 2 and 4 s after; a stop leaves the rest to the next process. */
  async #sendWithRetries(notice: NoticeClaim, to: string, pending: Set<string>): Promise<Delivery> {
    const delays = this.#options.retryDelaysMs ?? RETRY_DELAYS_MS;
    let delivery = await this.#send(notice, to, pending);
    for (const delayMs of delays) {
      if (delivery.kind !== 'later' || this.#stopping.aborted) return delivery;
      await sleep(delayMs, null, { signal: this.#stopping }).catch(() => null);
      if (!this.#stopping.aborted) delivery = await this.#send(notice, to, pending);
    }
    return delivery;
  }

  async #send(notice: NoticeClaim, to: string, pending: Set<string>): Promise<Delivery> {
    const { db, smtp, from, timeoutMs = TIMEOUT_MS } = this.#options;
    const message = await composeNotice(notice, from, to);
    return deliverMail(
      smtp,
      { from: selectAddress(from), to, message },
      {
        timeoutMs,
        onHandOver: async () => {
          const others = [...pending].filter((one) => one !== to);
          if (!(await keepNotice(db, notice, others, LEASE_MS)))
            throw new Error('the notice is not ours any more');
        },
      },
    );
  }
}

function selectEnd(
  notice: NoticeClaim,
  pending: readonly string[],
  fault: string | null,
  isRead: boolean,
): NoticeEnd {
  if (pending.length === 0) {
    return isRead
      ? { kind: 'sent', fault }
      : { kind: 'failed', pending, fault: fault ?? 'nobody to send it to' };
  }
  const retryAfterMs = BACK_OFF_MS[notice.tries - 1];
  const reason = fault ?? 'stopped';
  if (retryAfterMs === undefined) return { kind: 'failed', pending, fault: reason };
  return { kind: 'later', pending, fault: reason, retryAfterMs };
}
