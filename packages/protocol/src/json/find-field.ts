import { skipSpace, skipString, skipValue } from './walk-text.ts';

/**
 * The JSON text of the value at `path` in an object, without parsing what stands around it; null = there is none, or
 * the text is no whole object. Text in and out is latin1, one character a byte. Of a repeated key the last one counts,
 * as in JSON.parse. Keys are compared as written: one that is spelled with escapes is not found.
 */
export function findField(text: string, path: readonly string[]): string | null {
  let value: string | null = text;
  for (const key of path) value = value === null ? null : findOwnField(value, key);
  return value;
}

function findOwnField(text: string, key: string): string | null {
  let at = skipSpace(text, 0);
  if (text[at] !== '{') return null;
  let found: string | null = null;
  do {
    const keyAt = skipSpace(text, at + 1);
    if (text[keyAt] !== '"') return null;
    const keyEnd = skipString(text, keyAt);
    const colon = keyEnd === -1 ? -1 : skipSpace(text, keyEnd);
    if (colon === -1 || text[colon] !== ':') return null;
    const valueAt = skipSpace(text, colon + 1);
    const valueEnd = skipValue(text, valueAt);
    if (valueEnd === -1) return null;
    if (isKey(text, keyAt, keyEnd, key)) found = text.slice(valueAt, valueEnd);
    at = skipSpace(text, valueEnd);
  } while (text[at] === ',');
  // Cut in the middle it is no object: what stood in it may not be the last word.
  return text[at] === '}' ? found : null;
}

function isKey(text: string, start: number, end: number, key: string): boolean {
  return end - start === key.length + 2 && text.startsWith(key, start + 1);
}
