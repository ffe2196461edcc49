import type { z } from 'zod';

/** The columns of a row that the API shows under the same name; others may come and go. */
export function selectShown<Row extends object>(row: Row, shown: z.ZodObject): Partial<Row> {
  const fields = Object.entries(row).filter(([field]) => field in shown.shape);
  return Object.fromEntries(fields) as Partial<Row>;
}
