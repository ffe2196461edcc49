interface Page<Row> {
  items: Row[];
  nextCursor: string | null;
}

const PAGE_ROWS = 200;

/** The first `limit` rows of a list that comes in pages; Infinity = all. */
export async function readPages<Row>(
  limit: number,
  readPage: (page: { limit: number; cursor: string | null }) => Promise<Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Row> = await readPage({ limit: Math.min(PAGE_ROWS, limit - rows.length), cursor });
    rows.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && rows.length < limit);
  return rows;
}
