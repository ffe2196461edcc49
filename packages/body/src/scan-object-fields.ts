import { BACKSLASH, CLOSE_BRACE, LOWER_U, OPEN_BRACE, QUOTE, decodeHexDigit } from './ascii.ts';
import { JsonScanner } from './json-scanner.ts';

/** Byte offsets of one value, quotes and brackets included; `end` is the byte after it. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * How often a field that we read may be repeated. JSON allows repeats, and each one of `model` must be
 * replaced when a name is spliced in; nobody sends more than a few in good faith.
 */
export const FIELD_REPEATS_MAX = 16;

/** `offset`: the byte of the body that is wrong; null when the fault is not at one place. */
export type FieldFault =
  | { kind: 'not-an-object'; offset: number }
  | { kind: 'syntax'; offset: number; ended: boolean }
  | { kind: 'too-deep'; offset: number }
  | { kind: 'repeated'; offset: number; field: string };

/** One value of a field that was looked for. */
export interface FieldRange extends ByteRange {
  /** How many elements the value has if it is an array; without meaning otherwise. */
  elements: number;
}

export interface FoundFields {
  ok: true;
  /** For each name of the table, in its order: where its values are, as often as the object has it. */
  found: readonly (readonly FieldRange[])[];
  /** Bytes of strings, anywhere in the object, that look like files in base64. */
  binaryBytes: number;
  /** The same, with at most 64 KiB of each string. */
  binaryBytesCapped: number;
}

export type FieldScan = FoundFields | { ok: false; fault: FieldFault };

const NOT_FOUND: readonly FieldRange[] = [];

/** Names are plain ASCII without quotes and backslashes. */
export interface FieldTable {
  readonly names: readonly string[];
  readonly encoded: readonly Buffer[];
}

export function buildFieldTable(names: readonly string[]): FieldTable {
  return { names, encoded: names.map((name) => Buffer.from(name, 'latin1')) };
}

/**
 * Checks that all of `body` is one JSON object (RFC 8259), and finds the members of that object whose decoded
 * names are in `table`. Members of nested objects do not count. Syntax alone: see `isUtf8` for the encoding.
 * `scanner`: one that has read nothing of `body` yet, for whoever goes on with it.
 */
export function scanObjectFields(
  body: Buffer,
  table: FieldTable,
  scanner: JsonScanner = new JsonScanner(body),
): FieldScan {
  const found: (readonly FieldRange[])[] = table.names.map(() => NOT_FOUND);
  const start = scanner.skipWhitespace(0);
  if (start < body.length && body[start] !== OPEN_BRACE) {
    return { ok: false, fault: { kind: 'not-an-object', offset: start } };
  }
  const end = scanMembers(scanner, body, start, table, found);
  if (typeof end !== 'number') return { ok: false, fault: end };
  const rest = end < 0 ? ~end : scanner.skipWhitespace(end);
  if (end >= 0 && rest === body.length) {
    const { binaryBytes, binaryBytesCapped } = scanner;
    return { ok: true, found, binaryBytes, binaryBytesCapped };
  }
  if (scanner.tooDeep) return { ok: false, fault: { kind: 'too-deep', offset: rest } };
  return { ok: false, fault: { kind: 'syntax', offset: rest, ended: rest >= body.length } };
}

/** The index after the object, `~offset` of a syntax error, or another fault. */
function scanMembers(
  scanner: JsonScanner,
  body: Buffer,
  start: number,
  table: FieldTable,
  found: (readonly FieldRange[])[],
): number | FieldFault {
  if (start >= body.length) return ~body.length;
  let next = scanner.skipWhitespace(start + 1);
  if (body[next] === CLOSE_BRACE) return next + 1;
  for (;;) {
    if (body[next] !== QUOTE) return ~next;
    const nameStart = next + 1;
    const nameEnd = scanner.skipString(next);
    if (nameEnd < 0) return nameEnd;
    const valueStart = scanner.skipColon(nameEnd);
    if (valueStart < 0) return valueStart;
    const valueEnd = scanner.skipValue(valueStart, 1);
    if (valueEnd < 0) return valueEnd;
    const field = findField(body, nameStart, nameEnd - 1, table);
    if (
      field >= 0 &&
      !keepRange(found, field, { start: valueStart, end: valueEnd, elements: scanner.elements })
    ) {
      return { kind: 'repeated', offset: nameStart - 1, field: table.names[field] ?? '' };
    }
    next = scanner.skipSeparator(valueEnd, CLOSE_BRACE);
    if (next < 0 || body[next - 1] === CLOSE_BRACE) return next;
    next = scanner.skipWhitespace(next);
  }
}

function keepRange(found: (readonly FieldRange[])[], field: number, range: FieldRange): boolean {
  const earlier = found[field] ?? NOT_FOUND;
  if (earlier.length >= FIELD_REPEATS_MAX) return false;
  // Nearly every field comes once: a list that grows takes room for many.
  found[field] = earlier.length === 0 ? [range] : [...earlier, range];
  return true;
}

/** The index in `table` of the name whose bytes are from `start` to `end`, quotes not included; −1 = none. */
export function findField(body: Buffer, start: number, end: number, table: FieldTable): number {
  for (let index = 0; index < table.encoded.length; index += 1) {
    const name = table.encoded[index];
    if (name !== undefined && isNamed(body, start, end, name)) return index;
  }
  return -1;
}

/** Compares the decoded name, so that `mod\u0065l` is `model`. The escapes are known to be well-formed. */
function isNamed(body: Buffer, start: number, end: number, name: Buffer): boolean {
  let at = start;
  for (let index = 0; index < name.length; index += 1) {
    if (at >= end) return false;
    let unit = body[at] as number;
    at += 1;
    if (unit === BACKSLASH) {
      // No short escape stands for a letter or an underscore.
      if (body[at] !== LOWER_U) return false;
      unit = decodeUnit(body, at + 1);
      at += 5;
    }
    if (unit !== name[index]) return false;
  }
  return at === end;
}

function decodeUnit(body: Buffer, at: number): number {
  let unit = 0;
  for (let index = at; index < at + 4; index += 1) unit = unit * 16 + decodeHexDigit(body[index] as number);
  return unit;
}
