import { crc32 } from 'node:zlib';
import {
  PAYLOAD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  RECORD_MARK,
  isRecordType,
  type RecordType,
} from './record-types.ts';

/** One whole record, found in a larger buffer. `start` and `end` are offsets there, header included. */
export interface FoundRecord {
  type: RecordType;
  start: number;
  end: number;
}

/** The text of a record that was found in `buffer`. */
export function readPayload(buffer: Buffer, record: FoundRecord): string {
  return buffer.toString('utf8', record.start + RECORD_HEADER_BYTES, record.end);
}

export interface ScanResult {
  /** Everything before this offset is done with. */
  consumedBytes: number;
  /** Bytes that were skipped *before* a later whole record: damage in the middle. */
  damagedBytes: number;
  /** Bytes at the end that hold no whole record: what a crash leaves of the last write. Only when `final`. */
  tornBytes: number;
}

/**
 * Visits the whole records of `buffer` in order; `visit` returns false to stop behind that record.
 * `final`: nothing follows `buffer` in its file. Without it, an incomplete record at the end waits for more bytes.
 * Never throws on any bytes, and never yields a record whose checksum is wrong.
 */
export function scanRecords(
  buffer: Buffer,
  final: boolean,
  visit: (record: FoundRecord) => boolean | void,
): ScanResult {
  const result: ScanResult = { consumedBytes: 0, damagedBytes: 0, tornBytes: 0 };
  let at = 0;
  while (at < buffer.length) {
    const record = readRecord(buffer, at);
    if (record === 'incomplete' && !final) break;
    if (typeof record === 'string') {
      at = findMark(buffer, at + 1);
      continue;
    }
    result.damagedBytes += at - result.consumedBytes;
    at = record.end;
    result.consumedBytes = at;
    if (visit(record) === false) return result;
  }
  return closeScan(result, at, buffer.length, final);
}

function closeScan(result: ScanResult, at: number, length: number, final: boolean): ScanResult {
  if (final) return { ...result, consumedBytes: length, tornBytes: length - result.consumedBytes };
  return { ...result, consumedBytes: at, damagedBytes: result.damagedBytes + at - result.consumedBytes };
}

function findMark(buffer: Buffer, from: number): number {
  const at = buffer.indexOf(RECORD_MARK, from);
  return at < 0 ? buffer.length : at;
}

function readRecord(buffer: Buffer, start: number): FoundRecord | 'damaged' | 'incomplete' {
  if (buffer[start] !== RECORD_MARK) return 'damaged';
  const payloadStart = start + RECORD_HEADER_BYTES;
  if (payloadStart > buffer.length) return 'incomplete';
  const type = buffer.readUInt8(start + 5);
  const payloadBytes = buffer.readUInt32LE(start + 6);
  if (!isRecordType(type) || payloadBytes > PAYLOAD_BYTES_MAX) return 'damaged';
  const end = payloadStart + payloadBytes;
  if (end > buffer.length) return 'incomplete';
  if (crc32(buffer.subarray(start + 5, end)) !== buffer.readUInt32LE(start + 1)) return 'damaged';
  return { type, start, end };
}
