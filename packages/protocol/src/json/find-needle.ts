import { skipSpace, skipString } from './walk-text.ts';

/**
 * Where the value of the next `"key":` at or behind `from` begins, at any depth; -1 = none. `needle`: the key with its
 * quotes. One native search, so a cheap first look: inside a string the closing quote would be escaped, or no colon
 * would follow. Text is latin1, one character a byte.
 */
export function findKeyValue(text: string, needle: string, from = 0): number {
  for (let at = text.indexOf(needle, from); at !== -1; at = text.indexOf(needle, at + 1)) {
    if (at > 0 && text[at - 1] === '\\') continue;
    const colon = skipSpace(text, at + needle.length);
    if (text[colon] === ':') return skipSpace(text, colon + 1);
  }
  return -1;
}

/** Bytes of the JSON strings under `"key":` at any depth, as written (an escape counts as written). */
export function measureStrings(text: string, needle: string): number {
  let bytes = 0;
  let at = findKeyValue(text, needle);
  while (at !== -1) {
    if (text[at] !== '"') {
      at = findKeyValue(text, needle, at);
      continue;
    }
    const end = skipString(text, at);
    if (end === -1) return bytes + text.length - at - 1;
    bytes += end - at - 2;
    at = findKeyValue(text, needle, end);
  }
  return bytes;
}
