import { crc32 } from 'node:zlib';
import { encodeFacts, encodeOutcome, type AttemptFacts, type AttemptOutcome } from '@tollgate/core';
import {
  PAYLOAD_BYTES_MAX,
  RECORD_CLOSE,
  RECORD_HEADER_BYTES,
  RECORD_MARK,
  RECORD_OPEN,
  type RecordType,
} from './record-types.ts';

const START_BYTES = 64 * 1024;
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

  encodeOpen(facts: AttemptFacts): number {
    return this.encode(RECORD_OPEN, encodeFacts(facts));
  }

  encodeClose(outcome: AttemptOutcome): number {
    return this.encode(RECORD_CLOSE, encodeOutcome(outcome));
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
