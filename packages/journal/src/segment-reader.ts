import { open, type FileHandle } from 'node:fs/promises';
import { decodeOutcome, LINE_MARK, type AttemptBatch } from '@tollgate/core';
import type { Cursor } from './cursor-file.ts';
import { RECORD_CLOSE, RECORD_HEADER_BYTES } from './record-types.ts';
import { readPayload, scanRecords, type FoundRecord } from './scan-records.ts';
import type { Segment } from './segment-files.ts';
import type { SegmentLog } from './segment-log.ts';

export interface DiskBatch {
  batch: AttemptBatch;
  /** Payloads of whole close records that we cannot read, e.g. of a later version. */
  unreadable: string[];
  /** Where to read on once this batch is confirmed. */
  next: Cursor;
}

const CHUNK_BYTES = 512 * 1024;
const LINE_FEED = 0x0a;
const LINE_MARK_BYTES = Buffer.from(LINE_MARK);

/**
 * Reads closed attempts back from the segments, in order, into one buffer that is reused. Their texts become one
 * string a batch: nothing is kept, parsed or copied for each attempt, since it would live until it is booked, and
 * what lives that long is moved about by the collector.
 */
export class SegmentReader {
  readonly #log: SegmentLog;
  #file: { segment: number; handle: FileHandle } | null = null;
  #buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);

  constructor(log: SegmentLog) {
    this.#log = log;
  }

  /** The next closed attempts from `cursor` on, at most `max`; an empty batch at the end of the journal. */
  async readBatch(cursor: Cursor, max: number): Promise<DiskBatch> {
    let at = cursor;
    for (;;) {
      const segment = this.#log.findFrom(at.segment);
      if (segment.number !== at.segment) at = { segment: segment.number, offset: 0 };
      if (at.offset < segment.bytes) {
        const read = await this.#readFrom(segment, at.offset, max);
        if (read.batch.count + read.unreadable.length > 0) return read;
        at = read.next;
      } else if (segment === this.#log.active) {
        return { batch: { count: 0, text: '' }, unreadable: [], next: at };
      } else at = { segment: segment.number + 1, offset: 0 };
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
      const final = end === segment.bytes || chunk.length < end - offset;
      const collector = new LineCollector(chunk, max);
      const { consumedBytes } = scanRecords(chunk, final, (record) => collector.add(record));
      if (consumedBytes === 0 && !final) continue;
      // A file that became shorter behind our back is over for us.
      const past = chunk.length === 0 ? segment.bytes : offset + consumedBytes;
      return { ...collector.finish(), next: { segment: segment.number, offset: past } };
    }
  }

  /** What it returns holds until the next call. */
  async #readChunk(segment: Segment, offset: number, end: number): Promise<Buffer> {
    if (this.#file?.segment !== segment.number) {
      await this.close();
      this.#file = { segment: segment.number, handle: await open(segment.path, 'r') };
    }
    const bytes = end - offset;
    // A giant record is rare: its buffer does not stay.
    const buffer = bytes > CHUNK_BYTES ? Buffer.allocUnsafeSlow(bytes) : this.#buffer;
    const { bytesRead } = await this.#file.handle.read(buffer, 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  }
}

/** Moves the texts of close records together at the start of the very chunk that they are found in. */
class LineCollector {
  readonly #chunk: Buffer;
  readonly #max: number;
  readonly #unreadable: string[] = [];
  #count = 0;
  #end = 0;

  constructor(chunk: Buffer, max: number) {
    this.#chunk = chunk;
    this.#max = max;
  }

  /** False = enough. What it overwrites lies before the record's payload, and is done with. */
  add(record: FoundRecord): boolean {
    if (record.type !== RECORD_CLOSE) return true;
    if (this.#isReadable(record)) this.#append(record.start + RECORD_HEADER_BYTES, record.end);
    else this.#unreadable.push(readPayload(this.#chunk, record));
    return this.#count + this.#unreadable.length < this.#max;
  }

  finish(): Omit<DiskBatch, 'next'> {
    const text = this.#chunk.toString('utf8', 0, this.#end);
    return { batch: { count: this.#count, text }, unreadable: this.#unreadable };
  }

  #append(start: number, end: number): void {
    const chunk = this.#chunk;
    if (this.#count > 0) chunk[this.#end++] = LINE_FEED;
    chunk.copyWithin(this.#end, start, end);
    this.#end += end - start;
    this.#count += 1;
  }

  /** A line is taken by its mark: the sink says what it thinks of the rest. All else is rare, and is read. */
  #isReadable(record: FoundRecord): boolean {
    const start = record.start + RECORD_HEADER_BYTES;
    const isLine = LINE_MARK_BYTES.every((byte, index) => this.#chunk[start + index] === byte);
    return isLine || decodeOutcome(readPayload(this.#chunk, record)) !== null;
  }
}
