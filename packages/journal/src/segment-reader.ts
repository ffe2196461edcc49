import { open, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AttemptOutcome } from '@tollgate/core';
import { decodeOutcome } from './attempt-payload.ts';
import type { Cursor } from './cursor-file.ts';
import { RECORD_CLOSE } from './record-types.ts';
import { scanRecords } from './scan-records.ts';
import type { Segment } from './segment-files.ts';
import type { SegmentLog } from './segment-log.ts';

export interface DiskBatch {
  outcomes: AttemptOutcome[];
  /** Payloads of whole close records that we cannot read, e.g. of a later version. */
  unreadable: string[];
  /** Where to read on once this batch is confirmed. */
  next: Cursor;
}

const CHUNK_BYTES = 256 * 1024;
/** Decoding goes in slices, so that a batch of 500 never holds the loop for milliseconds. */
const DECODES_PER_TURN = 40;

/** Reads closed attempts back from the segments, in order, without keeping more than one batch. */
export class SegmentReader {
  readonly #log: SegmentLog;
  #file: { segment: number; handle: FileHandle } | null = null;

  constructor(log: SegmentLog) {
    this.#log = log;
  }

  /** The next closed attempts from `cursor` on, at most `max`; empty lists at the end of the journal. */
  async readBatch(cursor: Cursor, max: number): Promise<DiskBatch> {
    let at = cursor;
    for (;;) {
      const segment = this.#log.findFrom(at.segment);
      if (segment.number !== at.segment) at = { segment: segment.number, offset: 0 };
      if (at.offset < segment.bytes) {
        const batch = await this.#readFrom(segment, at.offset, max);
        if (batch.outcomes.length + batch.unreadable.length > 0) return batch;
        at = batch.next;
      } else if (segment === this.#log.active) return { outcomes: [], unreadable: [], next: at };
      else at = { segment: segment.number + 1, offset: 0 };
    }
  }

  async close(): Promise<void> {
    await this.#file?.handle.close();
    this.#file = null;
  }

  async #readFrom(segment: Segment, offset: number, max: number): Promise<DiskBatch> {
    for (let size = CHUNK_BYTES; ; size *= 4) {
      const end = Math.min(offset + size, segment.bytes);
      const chunk = await this.#readChunk(segment, offset, end);
      const payloads: string[] = [];
      const final = end === segment.bytes || chunk.length < end - offset;
      const { consumedBytes } = scanRecords(chunk, final, (record) => {
        if (record.type === RECORD_CLOSE) payloads.push(record.payload());
        return payloads.length < max;
      });
      if (consumedBytes === 0 && !final) continue;
      // A file that became shorter behind our back is over for us.
      const past = chunk.length === 0 ? segment.bytes : offset + consumedBytes;
      return { ...(await decodeAll(payloads)), next: { segment: segment.number, offset: past } };
    }
  }

  async #readChunk(segment: Segment, offset: number, end: number): Promise<Buffer> {
    if (this.#file?.segment !== segment.number) {
      await this.close();
      this.#file = { segment: segment.number, handle: await open(segment.path, 'r') };
    }
    const chunk = Buffer.allocUnsafe(end - offset);
    const { bytesRead } = await this.#file.handle.read(chunk, 0, chunk.length, offset);
    return chunk.subarray(0, bytesRead);
  }
}

async function decodeAll(payloads: string[]): Promise<Omit<DiskBatch, 'next'>> {
  const outcomes: AttemptOutcome[] = [];
  const unreadable: string[] = [];
  for (const [index, payload] of payloads.entries()) {
    if (index > 0 && index % DECODES_PER_TURN === 0) await nextTurn();
    const outcome = decodeOutcome(payload);
    if (outcome) outcomes.push(outcome);
    else unreadable.push(payload);
  }
  return { outcomes, unreadable };
}
