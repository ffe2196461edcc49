import { skipSpace, skipString, skipValue } from './walk-bytes.ts';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * The raw bytes of the value at `path` in a JSON object, without parsing what stands around it; null = there is
 * none, or the bytes are no object. Of a repeated key the last one counts, as in JSON.parse. Keys are compared
 * as written: one that is spelled with escapes is not found. The result points into `data`.
 */
export function findField(data: Buffer, path: readonly string[]): Buffer | null {
  let value: Buffer | null = data;
  for (const key of path) value = value && findOwnField(value, key);
  return value;
}

function findOwnField(data: Buffer, key: string): Buffer | null {
  let at = skipSpace(data, 0);
  if (data[at] !== OPEN_BRACE) return null;
  let found: Buffer | null = null;
  do {
    const keyAt = skipSpace(data, at + 1);
    if (data[keyAt] !== QUOTE) return null;
    const keyEnd = skipString(data, keyAt);
    const colon = keyEnd === -1 ? -1 : skipSpace(data, keyEnd);
    if (colon === -1 || data[colon] !== COLON) return null;
    const valueAt = skipSpace(data, colon + 1);
    const valueEnd = skipValue(data, valueAt);
    if (valueEnd === -1) return null;
    if (isKey(data, keyAt, keyEnd, key)) found = data.subarray(valueAt, valueEnd);
    at = skipSpace(data, valueEnd);
  } while (data[at] === COMMA);
  // Cut in the middle it is no object: what stood in it may not be the last word.
  return data[skipSpace(data, at)] === CLOSE_BRACE ? found : null;
}

function isKey(data: Buffer, start: number, end: number, key: string): boolean {
  if (end - start !== key.length + 2) return false;
  for (let index = 0; index < key.length; index += 1) {
    if (data[start + 1 + index] !== key.charCodeAt(index)) return false;
  }
  return true;
}
