import { asc, desc, gt, lt, sql, type AnyColumn, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { noteField } from './text-fields.ts';

const SEARCH_CHARACTERS_MAX = 128;

/** Lists by id, which is by time of creation. */
export const orderField = z.enum(['oldest', 'newest']).default('oldest');
/** Part of the name, letter case aside. */
export const searchField = noteField.max(SEARCH_CHARACTERS_MAX).optional();

type Order = z.infer<typeof orderField>;

export function buildOrder(id: AnyColumn, order: Order): SQL {
  return order === 'oldest' ? asc(id) : desc(id);
}

/** What comes after the last row of the page before; undefined = the first page. */
export function buildAfter(id: AnyColumn, order: Order, cursor: string | null | undefined): SQL | undefined {
  if (!cursor) return undefined;
  return order === 'oldest' ? gt(id, cursor) : lt(id, cursor);
}

/** position() and not LIKE: `%` and `_` are letters like any other here. */
export function buildSearch(column: AnyColumn, search: string | undefined): SQL | undefined {
  return search ? sql`position(lower(${search}) in lower(${column})) > 0` : undefined;
}
