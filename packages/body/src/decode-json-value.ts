import { QUOTE } from './ascii.ts';
import type { ByteRange } from './scan-object-fields.ts';

/**
 * The string in `range` of a body that was scanned before; null when the value is no string, or its token
 * is longer than `tokenBytesMax`.
 */
export function decodeJsonString(body: Buffer, range: ByteRange, tokenBytesMax: number): string | null {
  if (body[range.start] !== QUOTE || range.end - range.start > tokenBytesMax) return null;
  return JSON.parse(body.toString('utf8', range.start, range.end)) as string;
}

/** The number, boolean or null in `range`; undefined for strings, arrays and objects. */
export function decodeJsonScalar(body: Buffer, range: ByteRange): number | boolean | null | undefined {
  const first = body[range.start];
  if (first === QUOTE || first === 0x5b || first === 0x7b) return undefined;
  return JSON.parse(body.toString('latin1', range.start, range.end)) as number | boolean | null;
}
