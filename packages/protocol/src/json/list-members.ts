import { parseText } from './json-object.ts';
import { skipSpace, skipString, skipValue } from './walk-text.ts';

/** One member of an object: its key decoded, and where that and its value stand. */
export interface JsonMember {
  key: string;
  /** Of the opening quote. */
  keyStart: number;
  start: number;
  end: number;
}

/** The members of the object that `text` (latin1) is, repeated keys included; null = it is no good JSON. */
export function listMembers(text: string): JsonMember[] | null {
  const members: JsonMember[] = [];
  let next = skipSpace(text, 0);
  do {
    const keyAt = skipSpace(text, next + 1);
    if (text[keyAt] !== '"') return members.length === 0 ? members : null;
    const keyEnd = skipString(text, keyAt);
    const colon = keyEnd === -1 ? -1 : skipSpace(text, keyEnd);
    if (colon === -1 || text[colon] !== ':') return null;
    const start = skipSpace(text, colon + 1);
    const end = skipValue(text, start);
    if (end === -1) return null;
    members.push({ key: String(parseText(text.slice(keyAt, keyEnd))), keyStart: keyAt, start, end });
    next = skipSpace(text, end);
  } while (text[next] === ',');
  return members;
}
