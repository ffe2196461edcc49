import { BACKSLASH, LOWER_F, LOWER_N, LOWER_T, MINUS, QUOTE, ZERO, isDigit } from './ascii.ts';
import type { ByteRange } from './scan-object-fields.ts';

/** So many digits are a whole number without rounding, and can be read one by one. */
const PLAIN_DIGITS_MAX = 15;

/**
 * The string in `range` of a body that was scanned before; null when the value is no string, or its token
 * is longer than `tokenBytesMax`.
 */
export function decodeJsonString(body: Buffer, range: ByteRange, tokenBytesMax: number): string | null {
  if (body[range.start] !== QUOTE || range.end - range.start > tokenBytesMax) return null;
  if (hasBackslash(body, range)) return JSON.parse(body.toString('utf8', range.start, range.end)) as string;
  return body.toString('utf8', range.start + 1, range.end - 1);
}

/** The number, boolean or null in `range`; undefined for strings, arrays and objects. */
export function decodeJsonScalar(body: Buffer, range: ByteRange): number | boolean | null | undefined {
  const first = body[range.start];
  if (first === LOWER_T) return true;
  if (first === LOWER_F) return false;
  if (first === LOWER_N) return null;
  return first === MINUS || isDigit(first) ? decodeNumber(body, range) : undefined;
}

function decodeNumber(body: Buffer, range: ByteRange): number {
  let value = 0;
  for (let at = range.start; at < range.end; at += 1) {
    const byte = body[at] as number;
    if (!isDigit(byte) || at - range.start === PLAIN_DIGITS_MAX) {
      return Number(body.toString('latin1', range.start, range.end));
    }
    value = value * 10 + byte - ZERO;
  }
  return value;
}

function hasBackslash(body: Buffer, range: ByteRange): boolean {
  for (let at = range.start; at < range.end; at += 1) if (body[at] === BACKSLASH) return true;
  return false;
}
