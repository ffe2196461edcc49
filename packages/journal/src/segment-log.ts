import { closeSync, openSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import type { AttemptOutcome, Logger } from '@tollgate/core';
import type { DiskPort } from './disk.ts';
import { RecordEncoder } from './record-encoder.ts';
import { RECORD_OPEN } from './record-types.ts';
import { segmentPath, type Segment } from './segment-files.ts';

export interface SegmentLogOptions {
  dir: string;
  disk: DiskPort;
  logger: Logger;
  segmentBytes: number;
  /** Segments of earlier lives, ascending; never written again. */
  old: Segment[];
  firstNumber: number;
}

/** The segment files: appends to the last one, flushes in the background, drops from the front. */
export class SegmentLog {
  readonly #options: SegmentLogOptions;
  readonly #encoder = new RecordEncoder();
  readonly #segments: Segment[];
  #active: Segment;
  #fd: number;
  /** Full segments whose last bytes are not flushed yet. */
  #retiredFds: number[] = [];
  #nextNumber: number;
  #bytesOnDisk: number;
  #appended = 0;
  #flushed = 0;
  #newNames = true;
  #flushing: Promise<void> | null = null;
  #rollFailed = false;

  constructor(options: SegmentLogOptions) {
    this.#options = options;
    this.#segments = [...options.old];
    this.#bytesOnDisk = options.old.reduce((sum, segment) => sum + segment.bytes, 0);
    this.#nextNumber = options.firstNumber;
    this.#active = this.#createSegment();
    this.#fd = openSync(this.#active.path, 'wx', 0o600);
    this.#segments.push(this.#active);
  }

  get active(): Segment {
    return this.#active;
  }

  get oldest(): Segment {
    return this.#segments[0] ?? this.#active;
  }

  get bytesOnDisk(): number {
    return this.#bytesOnDisk;
  }

  /** The first segment with this number or a later one. */
  findFrom(number: number): Segment {
    return this.#segments.find((segment) => segment.number >= number) ?? this.#active;
  }

  /**
   * Hands open records to the operating system, all of them in one write, and returns the segment that holds them.
   * Throws what the disk throws; then none is written.
   */
  appendOpens(attempts: readonly { text: string }[]): Segment {
    this.#encoder.begin();
    for (const { text } of attempts) this.#encoder.add(RECORD_OPEN, text);
    return this.#append();
  }

  /** Like {@link appendOpens}. `factsText`: that of exactly its facts, where it is known. */
  appendClose(outcome: AttemptOutcome, factsText: string | undefined): Segment {
    this.#encoder.begin();
    this.#encoder.addClose(outcome, factsText);
    return this.#append();
  }

  /** What is in the encoder. */
  #append(): Segment {
    const { length } = this.#encoder;
    if (this.#active.bytes > 0 && this.#active.bytes + length > this.#options.segmentBytes) this.roll();
    const active = this.#active;
    this.#write(this.#encoder.buffer, length, active.bytes);
    active.bytes += length;
    this.#bytesOnDisk += length;
    this.#appended += length;
    return active;
  }

  #write(buffer: Buffer, length: number, position: number): void {
    const { disk } = this.#options;
    let written = 0;
    try {
      while (written < length)
        written += disk.write(this.#fd, buffer, written, length - written, position + written);
    } catch (error) {
      if (written > 0) this.#takeBack(position);
      throw error;
    }
  }

  /** Some of the records may be whole: what was not promised must not be found. Those that follow go over the rest. */
  #takeBack(position: number): void {
    try {
      this.#options.disk.truncate(this.#fd, position);
    } catch (error) {
      this.#options.logger.error({ error, path: this.#active.path }, 'journal cannot take a torn write back');
    }
  }

  /** Begins a new segment. Where that fails, the present one simply grows on. */
  roll(): void {
    const next = this.#createSegment();
    let fd: number;
    try {
      fd = openSync(next.path, 'wx', 0o600);
    } catch (error) {
      if (!this.#rollFailed) this.#options.logger.error({ error, path: next.path }, 'journal cannot roll');
      this.#rollFailed = true;
      return;
    }
    this.#rollFailed = false;
    this.#retiredFds.push(this.#fd);
    this.#fd = fd;
    this.#active = next;
    this.#segments.push(next);
    this.#newNames = true;
  }

  /** Resolves when everything appended before the call is flushed; rejects with the disk's error. */
  async flush(): Promise<void> {
    const target = this.#appended;
    while (this.#flushed < target || this.#retiredFds.length > 0) {
      this.#flushing ??= this.#flushOnce().finally(() => {
        this.#flushing = null;
      });
      await this.#flushing;
    }
  }

  /** Deletes the oldest segment; the active one never goes. */
  async dropOldest(): Promise<void> {
    const segment = this.oldest;
    if (segment === this.#active) return;
    await unlink(segment.path);
    this.#segments.shift();
    this.#bytesOnDisk -= segment.bytes;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      for (const fd of this.#retiredFds) closeSync(fd);
      closeSync(this.#fd);
    }
  }

  async #flushOnce(): Promise<void> {
    const upTo = this.#appended;
    // Only this method closes retired files, so the active one stays open even when it retires meanwhile.
    const active = this.#fd;
    if (this.#newNames) await this.#flushNames();
    for (let fd = this.#retiredFds[0]; fd !== undefined && fd !== active; fd = this.#retiredFds[0]) {
      await this.#options.disk.datasync(fd);
      closeSync(fd);
      this.#retiredFds.shift();
    }
    await this.#options.disk.datasync(active);
    this.#flushed = Math.max(this.#flushed, upTo);
  }

  /** A file whose name is not flushed can vanish with a power cut, whole as it is. */
  async #flushNames(): Promise<void> {
    this.#newNames = false;
    const folder = await open(this.#options.dir, 'r');
    try {
      await folder.sync();
    } catch (error) {
      this.#newNames = true;
      throw error;
    } finally {
      await folder.close();
    }
  }

  #createSegment(): Segment {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    return { number, path: segmentPath(this.#options.dir, number), bytes: 0, openCount: 0 };
  }
}
