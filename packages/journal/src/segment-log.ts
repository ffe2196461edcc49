import { closeSync, openSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import type { AttemptFacts, AttemptOutcome, Logger } from '@tollgate/core';
import type { DiskPort } from './disk.ts';
import { RecordEncoder } from './record-encoder.ts';
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
   * Hands one record to the operating system and returns the segment that holds it. Throws what the disk
   * throws; then nothing counts as written: the next record goes over the torn one.
   */
  appendOpen(facts: AttemptFacts): Segment {
    return this.#append(this.#encoder.encodeOpen(facts));
  }

  /** Like {@link appendOpen}. */
  appendClose(outcome: AttemptOutcome): Segment {
    return this.#append(this.#encoder.encodeClose(outcome));
  }

  /** The first `length` bytes of the encoder. */
  #append(length: number): Segment {
    if (this.#active.bytes > 0 && this.#active.bytes + length > this.#options.segmentBytes) this.roll();
    const active = this.#active;
    let written = 0;
    while (written < length) {
      written += this.#options.disk.write(
        this.#fd,
        this.#encoder.buffer,
        written,
        length - written,
        active.bytes + written,
      );
    }
    active.bytes += length;
    this.#bytesOnDisk += length;
    this.#appended += length;
    return active;
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
