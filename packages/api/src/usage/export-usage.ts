import { listUsage as queryUsage, type UsageListRow } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { encodeCsv } from '../csv/encode-csv.ts';
import { buildUsageQuery, selectUsageCursor, usageFields } from './usage-fields.ts';

const inputSchema = z.strictObject(usageFields);

const outputSchema = z.strictObject({
  /** With a header line in the first page only: pages in a row are one file. */
  csv: z.string(),
  count: z.int(),
  nextCursor: z.string().nullable(),
});

const COLUMNS = [
  'request_id',
  'attempt_id',
  'at',
  'user',
  'key',
  'group',
  'account',
  'protocol',
  'model',
  'upstream_model',
  'stream',
  'status',
  'state',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
  'standard_cost_usd',
  'actual_cost_usd',
  'duration_ms',
  'first_token_ms',
  'error_code',
  'upstream_request_id',
  'price_version',
  'rate_multiplier',
] as const satisfies readonly (keyof UsageListRow)[];

/** Usage as CSV, page by page: however much there is, no answer and no statement is large. */
export const exportUsage = adminProcedure
  .input(inputSchema.prefault({}))
  .output(outputSchema)
  .query(async ({ ctx, input }) => {
    const rows = await queryUsage(ctx.services.db, buildUsageQuery(input));
    const text = encodeCsv(
      COLUMNS,
      rows.map((row) => COLUMNS.map((column) => mapCell(row[column]))),
    );
    const csv = input.cursor ? text.slice(text.indexOf('\n') + 1) : text;
    return { csv, count: rows.length, nextCursor: selectUsageCursor(rows, input.limit) };
  });

function mapCell(value: string | number | boolean | null): string | number | null {
  return typeof value === 'boolean' ? String(value) : value;
}
