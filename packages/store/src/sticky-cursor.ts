import { checkBetween } from './check-account.ts';

/** Where a page of bindings begins: at this end, past as many with the same end as were given before. */
export interface StickyCursor {
  endMs: number;
  skip: number;
}

const PAGE_MAX = 1_000;
const SHAPE = /^(\d{1,16}):(\d{1,9})$/;

export function formatCursor({ endMs, skip }: StickyCursor): string {
  return `${endMs}:${skip}`;
}

/** Throws RangeError on what formatCursor never gave. */
export function parseCursor(text: string | null): StickyCursor | null {
  if (text === null) return null;
  const parts = SHAPE.exec(text);
  if (!parts) throw new RangeError('this is no cursor of a page of bindings');
  return { endMs: Number(parts[1]), skip: Number(parts[2]) };
}

export function checkPage(limit: number): void {
  checkBetween(limit, 1, PAGE_MAX, 'limit');
}
