import { parseJson } from './json-object.ts';
import { skipSpace, skipString, skipValue } from './walk-bytes.ts';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;

/** One member of an object: its key decoded, and where its value stands. */
export interface JsonMember {
  key: string;
  start: number;
  end: number;
}

/** The members of the object that begins at `at`, repeated keys included; null = it is no good JSON. */
export function listMembers(data: Buffer, at: number): JsonMember[] | null {
  const members: JsonMember[] = [];
  let next = at;
  do {
    const keyAt = skipSpace(data, next + 1);
    if (data[keyAt] !== QUOTE) return members.length === 0 ? members : null;
    const keyEnd = skipString(data, keyAt);
    const colon = keyEnd === -1 ? -1 : skipSpace(data, keyEnd);
    if (colon === -1 || data[colon] !== COLON) return null;
    const start = skipSpace(data, colon + 1);
    const end = skipValue(data, start);
    if (end === -1) return null;
    members.push({ key: String(parseJson(data.subarray(keyAt, keyEnd))), start, end });
    next = skipSpace(data, end);
  } while (data[next] === COMMA);
  return members;
}
