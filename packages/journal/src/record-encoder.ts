import { crc32 } from 'node:zlib';
import {
  encodeFactsJson,
  encodeOutcomeJson,
  LINE_BYTES_MAX,
  writeFactsLine,
  writeOutcomeLine,
  type AttemptFacts,
  type AttemptOutcome,
} from '@tollgate/core';
import {
  PAYLOAD_BYTES_MAX,
  RECORD_CLOSE,
  RECORD_HEADER_BYTES,
  RECORD_MARK,
  RECORD_OPEN,
  type RecordType,
} from './record-types.ts';

const START_BYTES = 64 * 1024;
const LINE_ROOM_BYTES = RECORD_HEADER_BYTES + LINE_BYTES_MAX;
/** UTF-8 needs at most three bytes for each UTF-16 unit. */
const UTF8_BYTES_PER_UNIT = 3;

/**
 * Encodes one record at a time into one buffer that is reused: the result holds until the next call. All methods
 * return the record's length in bytes, from the start of {@link buffer}; RangeError above 16 MiB.
 */
export class RecordEncoder {
  #buffer = Buffer.allocUnsafe(START_BYTES);

  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Straight into the buffer: the usual attempt leaves no text behind for the collector. */
  encodeOpen(facts: AttemptFacts): number {
    this.#reserve(LINE_ROOM_BYTES);
    const end = writeFactsLine(facts, this.#buffer, RECORD_HEADER_BYTES);
    return end < 0 ? this.encode(RECORD_OPEN, encodeFactsJson(facts)) : this.#seal(RECORD_OPEN, end);
  }

  /** Like {@link encodeOpen}. */
  encodeClose(outcome: AttemptOutcome): number {
    this.#reserve(LINE_ROOM_BYTES);
    const end = writeOutcomeLine(outcome, this.#buffer, RECORD_HEADER_BYTES);
    return end < 0 ? this.encode(RECORD_CLOSE, encodeOutcomeJson(outcome)) : this.#seal(RECORD_CLOSE, end);
  }

  encode(type: RecordType, payload: string): number {
    this.#reserve(RECORD_HEADER_BYTES + payload.length * UTF8_BYTES_PER_UNIT);
    return this.#seal(type, RECORD_HEADER_BYTES + this.#buffer.write(payload, RECORD_HEADER_BYTES, 'utf8'));
  }

  #seal(type: RecordType, end: number): number {
    const buffer = this.#buffer;
    const payloadBytes = end - RECORD_HEADER_BYTES;
    if (payloadBytes > PAYLOAD_BYTES_MAX) throw new RangeError(`journal record of ${payloadBytes} bytes`);
    buffer[0] = RECORD_MARK;
    buffer[5] = type;
    buffer.writeUInt32LE(payloadBytes, 6);
    buffer.writeUInt32LE(crc32(buffer.subarray(5, end)), 1);
    return end;
  }

  #reserve(bytes: number): void {
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(bytes);
  }
}
