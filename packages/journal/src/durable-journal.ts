import {
  buildUnknownOutcome,
  encodeFacts,
  encodeOutcome,
  type AttemptFacts,
  type AttemptOutcome,
  type Logger,
} from '@tollgate/core';
import type { BatchBooker } from './batch-booker.ts';
import { isDiskFull } from './disk.ts';
import type { OpenAttempt, OpenAttempts } from './open-attempts.ts';
import { OpeningTurn } from './opening-turn.ts';
import type { OutcomeBacklog } from './outcome-backlog.ts';
import { JournalFullError, type Journal, type JournalStatus } from './port.ts';
import { RecentIds } from './recent-ids.ts';
import { checkPayload } from './record-encoder.ts';
import type { Segment } from './segment-files.ts';
import type { SegmentLog } from './segment-log.ts';
import type { Shipper } from './shipper.ts';

export interface DurableJournalParts {
  log: SegmentLog;
  shipper: Shipper;
  booker: BatchBooker;
  opens: OpenAttempts;
  backlog: OutcomeBacklog;
  logger: Logger;
  bytesMax: number;
  fsyncIntervalMs: number;
  /** Flushes, closes all files, gives the directory back. */
  release(): Promise<void>;
}

/** Closed ids that are remembered to see a second close; older repeats are the sink's to ignore. */
const RECENT_IDS = 16_384;

/** See the port. Made by `openJournal`. */
export class DurableJournal implements Journal {
  readonly #parts: DurableJournalParts;
  readonly #recentlyClosed = new RecentIds(RECENT_IDS);
  readonly #turn = new OpeningTurn((attempts) => this.#writeOpens(attempts));
  #flushTimer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | null = null;
  /** One alarm for one trouble, not one for each request. */
  #isRefusing = false;
  #isFlushFailing = false;
  #isFlushing = false;

  constructor(parts: DurableJournalParts) {
    this.#parts = parts;
  }

  /** Closes what earlier processes left open as unknown (MON-6), then begins to flush and ship. */
  start(unclosed: { facts: AttemptFacts; segment: Segment }[]): void {
    const { logger, opens, fsyncIntervalMs, shipper } = this.#parts;
    for (const { facts, segment } of unclosed) {
      opens.add(facts, encodeFacts(facts), segment);
      this.close(buildUnknownOutcome(facts));
    }
    if (unclosed.length > 0) {
      logger.warn({ attempts: unclosed.length }, 'attempts that nobody closed are booked as unknown');
    }
    this.#flushTimer = setInterval(() => void this.#flushInBackground(), fsyncIntervalMs).unref();
    shipper.start();
  }

  open(facts: AttemptFacts): Promise<void> {
    this.#assertRunning();
    const { opens } = this.#parts;
    if (opens.has(facts.attemptId) || this.#recentlyClosed.has(facts.attemptId)) return this.#turn.written;
    const refusal = this.#checkRoom();
    if (refusal !== null) return Promise.reject(refusal);
    const text = encodeFacts(facts);
    // One that is too large must not refuse those that share its write.
    checkPayload(text);
    return this.#turn.add(opens.add(facts, text));
  }

  close(outcome: AttemptOutcome): void {
    this.#assertRunning();
    if (!this.#recentlyClosed.add(outcome.attemptId)) return;
    this.#turn.write();
    try {
      this.#appendClose(outcome);
    } catch (error) {
      this.#keepInMemory(outcome, error);
    }
  }

  flush(): Promise<void> {
    this.#turn.write();
    return this.#parts.log.flush();
  }

  status(): JournalStatus {
    const { backlog, booker, log, opens, shipper } = this.#parts;
    return {
      pendingAttempts: shipper.pendingAttempts + backlog.size,
      openAttempts: opens.count,
      bytesOnDisk: log.bytesOnDisk,
      shipFailingSinceMs: booker.failingSinceMs,
    };
  }

  stop({ shipWithinMs }: { shipWithinMs: number }): Promise<void> {
    this.#stopping ??= this.#stopOnce(shipWithinMs);
    return this.#stopping;
  }

  async #stopOnce(shipWithinMs: number): Promise<void> {
    clearInterval(this.#flushTimer);
    this.#turn.write();
    this.#drainBacklog();
    await this.#parts.shipper.stop(shipWithinMs);
    this.#drainBacklog();
    if (this.#parts.backlog.size > 0) {
      this.#parts.logger.error(
        { attempts: this.#parts.backlog.size },
        'closed attempts are lost with the disk',
      );
    }
    await this.#parts.release();
  }

  #checkRoom(): JournalFullError | null {
    const { log, bytesMax } = this.#parts;
    if (log.bytesOnDisk >= bytesMax) return this.#refuse(`the journal holds its ${bytesMax} bytes`);
    return this.#drainBacklog() ? null : this.#refuse('the disk takes no more records');
  }

  #writeOpens(attempts: readonly OpenAttempt[]): void {
    const { log, opens } = this.#parts;
    try {
      opens.place(attempts, log.appendOpens(attempts));
    } catch (error) {
      for (const { facts } of attempts) opens.release(facts.attemptId);
      throw isDiskFull(error) ? this.#refuse('the disk is full', error) : error;
    }
    this.#isRefusing = false;
  }

  #appendClose(outcome: AttemptOutcome): void {
    const { log, opens, shipper } = this.#parts;
    log.appendClose(outcome, opens.findText(outcome));
    opens.release(outcome.attemptId);
    shipper.noteClosed();
  }

  #keepInMemory(outcome: AttemptOutcome, error: unknown): void {
    const { backlog, logger, opens } = this.#parts;
    opens.markClosing(outcome.attemptId);
    if (backlog.size === 0) logger.error({ error }, 'journal cannot write: closed attempts wait in memory');
    if (backlog.add(outcome)) return;
    // The last resort: the row itself goes to the log, from where a person can book it.
    logger.error(
      { error, record: encodeOutcome(outcome) },
      'journal backlog is full: a closed attempt is lost',
    );
  }

  /** True when nothing waits in memory any more. */
  #drainBacklog(): boolean {
    const { backlog, logger } = this.#parts;
    if (backlog.size === 0) return true;
    const written: AttemptOutcome[] = [];
    try {
      for (const outcome of backlog.first(backlog.size)) {
        this.#appendClose(outcome);
        written.push(outcome);
      }
      logger.info({ attempts: written.length }, 'journal writes again');
      return true;
    } catch {
      // The alarm was given when the first one came here.
      return false;
    } finally {
      backlog.remove(written);
    }
  }

  #refuse(reason: string, cause?: unknown): JournalFullError {
    if (!this.#isRefusing) this.#parts.logger.error({ ...this.status(), reason }, 'journal refuses requests');
    this.#isRefusing = true;
    return new JournalFullError(reason, { cause });
  }

  async #flushInBackground(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#drainBacklog();
    try {
      await this.#parts.log.flush();
      this.#isFlushFailing = false;
    } catch (error) {
      if (!this.#isFlushFailing) this.#parts.logger.error({ error }, 'journal cannot flush to disk');
      this.#isFlushFailing = true;
    } finally {
      this.#isFlushing = false;
    }
  }

  #assertRunning(): void {
    if (this.#stopping) throw new Error('the journal is stopped');
  }
}
