import { buildAttemptBatch, encodeOutcome, type Logger } from '@tollgate/core';
import type { BatchBooker } from './batch-booker.ts';
import type { Cursor, CursorFile } from './cursor-file.ts';
import type { OpenAttempts } from './open-attempts.ts';
import type { OutcomeBacklog } from './outcome-backlog.ts';
import type { RejectedFile } from './rejected-file.ts';
import type { SegmentLog } from './segment-log.ts';
import { SegmentReader } from './segment-reader.ts';

export interface ShipperOptions {
  log: SegmentLog;
  booker: BatchBooker;
  cursorFile: CursorFile;
  rejected: RejectedFile;
  backlog: OutcomeBacklog;
  opens: OpenAttempts;
  logger: Logger;
  shipIntervalMs: number;
  shipBatchMax: number;
  bytesMax: number;
  /** Closed attempts of earlier lives behind the cursor. */
  pendingAttempts: number;
}

/** Above this share of the bound, old segments that wait for a few long attempts are rewritten. */
const CARRY_SHARE = 4;
/** Carrying is worth it when open records fill less than about a fifth of the segment. */
const CARRY_BYTES_PER_OPEN = 2048;

const NOTHING = (): void => {};

/** One loop that reads closed attempts from disk in order, books them, and deletes what is done with. */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #reader: SegmentReader;
  #cursor: Cursor;
  #pending: number;
  #isStopping = false;
  /** One alarm for one trouble. */
  #isFailing = false;
  #loop: Promise<void> = Promise.resolve();
  #wake = NOTHING;
  readonly #endPause = (): void => this.#options.booker.endPause();
  #closes = 0;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#reader = new SegmentReader(options.log);
    this.#cursor = options.cursorFile.start;
    this.#pending = options.pendingAttempts;
  }

  /** Closed attempts on disk that are not confirmed. */
  get pendingAttempts(): number {
    return this.#pending;
  }

  noteClosed(): void {
    this.#pending += 1;
    this.#closes += 1;
    this.#wake();
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Ships on until nothing is left or the time is over, then ends for good. */
  async stop(shipWithinMs: number): Promise<void> {
    this.#isStopping = true;
    this.#options.booker.hurry();
    const timer = setTimeout(() => this.#options.booker.halt(), shipWithinMs);
    await this.#loop;
    clearTimeout(timer);
    await this.#reader.close();
  }

  async #run(): Promise<void> {
    const { booker, logger, shipBatchMax, shipIntervalMs } = this.#options;
    while (!booker.isHalted) {
      let shipped = 0;
      const closes = this.#closes;
      // A pass that began before the stop may have looked at the journal too early to be the last one.
      const isLastPass = this.#isStopping;
      try {
        shipped = (await this.#shipFromDisk()) || (await this.#shipFromMemory());
        await this.#trim();
        this.#isFailing = false;
        if (isLastPass && shipped === 0) return;
      } catch (error) {
        if (!this.#isFailing) logger.error({ error }, 'journal shipping fails on its own disk; it tries on');
        this.#isFailing = true;
      }
      const goesOn = shipped === shipBatchMax || (this.#isStopping && shipped > 0);
      // A close that came behind a look that found nothing would else wait like those that follow one.
      const isMissed = shipped === 0 && !this.#isFailing && this.#closes !== closes;
      if (goesOn || isMissed) continue;
      // The first close after a rest is shipped at once; those that follow share the batch after the next pause.
      if (shipped === 0 && !this.#isFailing) this.#wake = this.#endPause;
      await booker.pause(shipIntervalMs);
      this.#wake = NOTHING;
    }
  }

  async #shipFromDisk(): Promise<number> {
    const { booker, cursorFile, shipBatchMax } = this.#options;
    const { batch, unreadable, next } = await this.#reader.readBatch(this.#cursor, shipBatchMax);
    const rows = batch.count + unreadable.length;
    if (batch.count > 0 && !(await booker.book(batch))) return 0;
    for (const payload of unreadable) await this.#putAside(payload);
    const moved = next.segment !== this.#cursor.segment || next.offset !== this.#cursor.offset;
    this.#cursor = next;
    this.#pending -= rows;
    if (moved) cursorFile.write(this.#cursor);
    return rows;
  }

  /** Only when the disk has nothing left to ship: what the disk would not take must not wait for it. */
  async #shipFromMemory(): Promise<number> {
    const { backlog, booker, opens, shipBatchMax } = this.#options;
    const outcomes = backlog.first(shipBatchMax);
    if (outcomes.length === 0) return 0;
    if (!(await booker.book(buildAttemptBatch(outcomes.map(encodeOutcome))))) return 0;
    backlog.remove(outcomes);
    for (const outcome of outcomes) opens.release(outcome.attemptId);
    return outcomes.length;
  }

  async #putAside(payload: string): Promise<void> {
    await this.#options.rejected.append(payload);
    this.#options.logger.error(
      { bytes: payload.length },
      'journal record is whole but unreadable (another version?) and put aside: it is not billed',
    );
  }

  /** Deletes from the front only: an open record then never outlives the close that follows it. */
  async #trim(): Promise<void> {
    const { log, opens } = this.#options;
    if (this.#isShortOfSpace(2) && this.#isDone(log.active.number, log.active.bytes)) log.roll();
    for (let oldest = log.oldest; oldest !== log.active; oldest = log.oldest) {
      if (!this.#isDone(oldest.number, oldest.bytes)) return;
      if (oldest.openCount > 0) {
        const isWorth = oldest.openCount * CARRY_BYTES_PER_OPEN <= oldest.bytes;
        if (!isWorth || !this.#isShortOfSpace(CARRY_SHARE)) return;
        opens.carryForward(oldest, log);
        await log.flush();
      }
      await log.dropOldest();
    }
  }

  #isShortOfSpace(share: number): boolean {
    return this.#options.log.bytesOnDisk > this.#options.bytesMax / share;
  }

  #isDone(segment: number, bytes: number): boolean {
    const cursor = this.#cursor;
    return bytes > 0 && (cursor.segment > segment || (cursor.segment === segment && cursor.offset >= bytes));
  }
}
