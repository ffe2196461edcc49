import { findKeyValue } from '../json/find-needle.ts';
import { skipSpace, skipString, skipValue } from '../json/walk-text.ts';

/** What stands behind the parts and makes a chunk more than a piece of text of the first candidate. */
const IS_MORE = /finishReason|groundingMetadata|"index"\s*:\s*[1-9]|"content"/u;
const USAGE = '"usageMetadata"';

export interface PlainChunk {
  textBytes: number;
  /** `usageMetadata` as JSON text; null = none. */
  usage: string | null;
}

/**
 * Reads a chunk (latin1) that is nothing but one piece of text of the first candidate, as nearly all are, in either
 * envelope; null = it is anything more. What the model has written is stepped over, so that no word in it counts.
 */
export function readPlainChunk(text: string): PlainChunk | null {
  const parts = findKeyValue(text, '"parts"');
  if (text[parts] !== '[') return null;
  const value = findTextValue(text, skipSpace(text, parts + 1));
  const end = value === -1 ? -1 : skipString(text, value);
  if (end === -1) return null;
  const partEnd = skipSpace(text, end);
  const listEnd = skipSpace(text, partEnd + 1);
  if (text[partEnd] !== '}' || text[listEnd] !== ']') return null;
  const usageAt = text.indexOf(USAGE, listEnd);
  const rest = text.slice(listEnd, usageAt === -1 ? undefined : usageAt);
  if (IS_MORE.test(rest)) return null;
  const usage = usageAt === -1 ? null : readUsage(text, usageAt);
  return usage === undefined ? null : { textBytes: end - value - 2, usage };
}

/** The opening quote of the text that a part begins with; -1 = another part. */
function findTextValue(text: string, part: number): number {
  const key = skipSpace(text, part + 1);
  if (text[part] !== '{' || !text.startsWith('"text"', key)) return -1;
  const colon = skipSpace(text, key + 6);
  const value = skipSpace(text, colon + 1);
  return text[colon] === ':' && text[value] === '"' ? value : -1;
}

/** undefined = not as expected. */
function readUsage(text: string, at: number): string | undefined {
  const colon = skipSpace(text, at + USAGE.length);
  const value = skipSpace(text, colon + 1);
  const end = text[colon] === ':' && text[value] === '{' ? skipValue(text, value) : -1;
  return end === -1 || !text.trimEnd().endsWith('}') ? undefined : text.slice(value, end);
}
