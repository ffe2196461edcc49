/**
 * One record on disk:
 *
 * | bytes | content                                              |
 * | ----- | ---------------------------------------------------- |
 * | 0     | mark 0xf5, which no UTF-8 text holds                 |
 * | 1–4   | CRC32 of everything after it, little endian          |
 * | 5     | type: 1 open, 2 close                                |
 * | 6–9   | length of the payload in bytes, little endian        |
 * | 10–   | payload: an attempt as text, one line, see below     |
 *
 * The payload is a line of fields or a JSON array, in this version or one before, see `attempt-line.ts` of the core.
 * It never holds the mark, so a reader that lost its place finds the next record by looking for one.
 */
export const RECORD_MARK = 0xf5;
export const RECORD_HEADER_BYTES = 10;
/** Far above any real outcome; a longer length field is damage, not data. */
export const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;

export const RECORD_OPEN = 1;
export const RECORD_CLOSE = 2;
export type RecordType = typeof RECORD_OPEN | typeof RECORD_CLOSE;

export function isRecordType(value: number): value is RecordType {
  return value === RECORD_OPEN || value === RECORD_CLOSE;
}
