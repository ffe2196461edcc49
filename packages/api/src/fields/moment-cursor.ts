import { z } from 'zod';

/** `<instant with milliseconds>/<id>`: where a list that is read newest first goes on. */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/([a-z]{3}_[0-9a-z]+)$/;

export const momentCursorField = z.string().regex(CURSOR, 'not a cursor').nullish();

export function buildMomentCursor(at: string, id: string): string {
  return `${at}/${id}`;
}

/** undefined = the list begins. */
export function splitMomentCursor(cursor: string | null | undefined): { at: string; id: string } | undefined {
  const [, at, id] = CURSOR.exec(cursor ?? '') ?? [];
  return at && id ? { at, id } : undefined;
}
