import { CLOSE_BRACE, CLOSE_BRACKET } from './ascii.ts';
import type { JsonScanner } from './json-scanner.ts';
import { findField, type FieldTable } from './scan-object-fields.ts';

/** Gets the index where a value begins and returns the index after it; a negative number ends the walk. */
type VisitElement = (at: number) => number;
/** `field`: index in the table. Of a repeated name each value is visited, the last one last. */
type VisitMember = (field: number, at: number) => number;

/**
 * Visits the elements of the array that begins at `at`, in JSON that a scan has accepted before, without
 * reading any byte twice. Returns the index after the array, or the negative number that ended the walk.
 */
export function walkArray(scanner: JsonScanner, body: Buffer, at: number, visit: VisitElement): number {
  let next = scanner.skipWhitespace(at + 1);
  if (body[next] === CLOSE_BRACKET) return next + 1;
  for (;;) {
    next = visit(next);
    if (next < 0) return next;
    next = scanner.skipSeparator(next, CLOSE_BRACKET);
    if (next < 0 || body[next - 1] === CLOSE_BRACKET) return next;
    next = scanner.skipWhitespace(next);
  }
}

/** The same for an object; members whose names are not in `table` are skipped. */
export function walkObject(
  scanner: JsonScanner,
  body: Buffer,
  at: number,
  table: FieldTable,
  visit: VisitMember,
): number {
  let next = scanner.skipWhitespace(at + 1);
  if (body[next] === CLOSE_BRACE) return next + 1;
  for (;;) {
    const nameEnd = scanner.skipString(next);
    if (nameEnd < 0) return nameEnd;
    const field = findField(body, next + 1, nameEnd - 1, table);
    const valueAt = scanner.skipColon(nameEnd);
    if (valueAt < 0) return valueAt;
    next = field < 0 ? scanner.skipValue(valueAt, 1) : visit(field, valueAt);
    if (next < 0) return next;
    next = scanner.skipSeparator(next, CLOSE_BRACE);
    if (next < 0 || body[next - 1] === CLOSE_BRACE) return next;
    next = scanner.skipWhitespace(next);
  }
}
