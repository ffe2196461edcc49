import { skipSpace, skipString } from './walk-bytes.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/** `"key"` as it stands on the wire. */
export function buildKeyNeedle(key: string): Buffer {
  return Buffer.from(`"${key}"`);
}

/**
 * Where the value of the next `"key":` at or behind `from` begins, at any depth; -1 = none. One native search, so
 * a cheap first look: inside a string the closing quote would be escaped, or no colon would follow.
 */
export function findKeyValue(data: Buffer, needle: Buffer, from = 0): number {
  for (let at = data.indexOf(needle, from); at !== -1; at = data.indexOf(needle, at + 1)) {
    if (at > 0 && data[at - 1] === BACKSLASH) continue;
    const colon = skipSpace(data, at + needle.length);
    if (data[colon] === COLON) return skipSpace(data, colon + 1);
  }
  return -1;
}

/** Bytes of the JSON strings under `"key":` at any depth, as written (an escape counts as written). */
export function measureStrings(data: Buffer, needle: Buffer): number {
  let bytes = 0;
  let at = findKeyValue(data, needle);
  while (at !== -1) {
    if (data[at] !== QUOTE) {
      at = findKeyValue(data, needle, at);
      continue;
    }
    const end = skipString(data, at);
    if (end === -1) return bytes + data.length - at - 1;
    bytes += end - at - 2;
    at = findKeyValue(data, needle, end);
  }
  return bytes;
}
