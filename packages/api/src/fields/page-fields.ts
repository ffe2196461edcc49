import { z } from 'zod';

const PAGE_LIMIT_MAX = 200;

/** Lists are read oldest first; `cursor` is the `nextCursor` of the page before. */
export const pageFields = {
  limit: z.int().min(1).max(PAGE_LIMIT_MAX).default(50),
  cursor: z.string().max(200).nullish(),
};

/** `nextCursor` null = that was the last page. */
export function buildPageSchema<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Cuts the one row too many that tells whether another page follows. */
export function buildPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  mapItem: (row: Row) => Item,
  getCursor: (row: Row) => string,
): { items: Item[]; nextCursor: string | null } {
  const last = rows[limit - 1];
  return {
    items: rows.slice(0, limit).map(mapItem),
    nextCursor: rows.length > limit && last ? getCursor(last) : null,
  };
}
