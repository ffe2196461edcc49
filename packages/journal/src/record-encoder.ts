import { crc32 } from 'node:zlib';
import {
  encodeFacts,
  encodeOutcome,
  LINE_BYTES_MAX,
  writeOutcome,
  type AttemptOutcome,
} from '@tollgate/core';
import {
  PAYLOAD_BYTES_MAX,
  RECORD_CLOSE,
  RECORD_HEADER_BYTES,
  RECORD_MARK,
  type RecordType,
} from './record-types.ts';

const START_BYTES = 64 * 1024;
/** UTF-8 needs at most three bytes for each UTF-16 unit. */
const UTF8_BYTES_PER_UNIT = 3;

/** RangeError for a text that no record holds. */
export function checkPayload(payload: string): void {
  if (payload.length * UTF8_BYTES_PER_UNIT <= PAYLOAD_BYTES_MAX) return;
  const bytes = Buffer.byteLength(payload);
  if (bytes > PAYLOAD_BYTES_MAX) throw new RangeError(`journal record of ${bytes} bytes`);
}

/** Encodes records into one buffer that is reused: they hold until the next {@link begin}. */
export class RecordEncoder {
  #buffer = Buffer.allocUnsafe(START_BYTES);
  #length = 0;

  /** The records are its first {@link length} bytes. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  get length(): number {
    return this.#length;
  }

  begin(): void {
    this.#length = 0;
  }

  /** RangeError above 16 MiB, see {@link checkPayload}. */
  add(type: RecordType, payload: string): void {
    checkPayload(payload);
    const start = this.#length;
    const payloadStart = start + RECORD_HEADER_BYTES;
    this.#reserve(payloadStart + payload.length * UTF8_BYTES_PER_UNIT);
    this.#seal(type, start, payloadStart + this.#buffer.write(payload, payloadStart, 'utf8'));
  }

  /**
   * The record that closes an attempt. `factsText`: what `encodeFacts` has made of exactly its facts, where it is known
   * already. RangeError as {@link add}.
   */
  addClose(outcome: AttemptOutcome, factsText: string = encodeFacts(outcome)): void {
    const start = this.#length;
    const payloadStart = start + RECORD_HEADER_BYTES;
    this.#reserve(payloadStart + LINE_BYTES_MAX);
    const end = writeOutcome(outcome, factsText, this.#buffer, payloadStart);
    if (end < 0) this.add(RECORD_CLOSE, encodeOutcome(outcome));
    else this.#seal(RECORD_CLOSE, start, end);
  }

  /** One record alone; returns its length in bytes. */
  encode(type: RecordType, payload: string): number {
    this.begin();
    this.add(type, payload);
    return this.#length;
  }

  /** The payload is in its place already. */
  #seal(type: RecordType, start: number, end: number): void {
    const buffer = this.#buffer;
    buffer[start] = RECORD_MARK;
    buffer[start + 5] = type;
    buffer.writeUInt32LE(end - start - RECORD_HEADER_BYTES, start + 6);
    buffer.writeUInt32LE(crc32(buffer.subarray(start + 5, end)), start + 1);
    this.#length = end;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(bytes, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
