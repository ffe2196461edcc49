import { getTableColumns } from 'drizzle-orm';
import { LINE_FIELDS, type LineField } from '@tollgate/core';
import type { UsageRow } from '../build-usage-row.ts';
import { usage } from '../schema/index.ts';

const { wasUnknown: _, ...sentColumns } = getTableColumns(usage);

/** What an attempt fills of its row: fields, and the columns they go to. */
export const SENT_FIELDS: readonly string[] = Object.keys(sentColumns);
export const SENT_COLUMNS: readonly string[] = Object.values(sentColumns).map(({ name }) => name);

const columns = Object.entries(sentColumns).map(([field, column]) => ({
  field: field as keyof UsageRow,
  type: column.getSQLType(),
}));

/** `$1`: a JSON array of rows. */
export const ROWS_SOURCE = `
  select * from rows from (jsonb_to_recordset($1::text::jsonb)
    as (${columns.map(({ field, type }) => `"${field}" ${type}`).join(', ')})
  ) with ordinality as row (${columns.map(({ field }) => `"${field}"`).join(', ')}, "n")`;

/** `$1`: lines as in `attempt-line.ts` of the core. Split once: `offset 0` keeps the planner from doing it anew for each field. */
export const LINES_SOURCE = `
  select ${columns.map(({ field, type }) => `${readField(field, type)} as "${field}"`).join(', ')}, "n"
  from (
    select string_to_array(line, e'\\t', e'\\\\N') as f, "n"
    from unnest(string_to_array($1::text, e'\\n')) with ordinality as line (line, "n")
    offset 0
  ) as fields`;

/** The SQL of one column; money in a line is whole pico-USD, a multiplier millionths, a time ms since 1970. */
function readField(field: keyof UsageRow, type: string): string {
  if (field === 'at') return readTime(`${at('atMs')}::bigint`);
  if (field === 'rateMultiplier') return `${at(field)}::numeric * 0.000001`;
  // Nobody knows yet what an unknown attempt cost, and nobody pays for a failed one.
  if (field === 'standardCost') return readCost(field, "'unknown'");
  if (field === 'actualCost') return readCost(field, "'unknown', 'failed'");
  return type === 'text' ? at(field) : `${at(field)}::${type}`;
}

function readCost(field: LineField, freeStates: string): string {
  return `case when ${at('state')} in (${freeStates}) then 0 else ${at(field)}::numeric * 0.000000000001 end`;
}

/** Seconds and the rest apart: together they are beyond the digits of a float. */
function readTime(ms: string): string {
  return `to_timestamp(${ms} / 1000) + ${ms} % 1000 * interval '1 ms'`;
}

function at(field: LineField): string {
  return `f[${LINE_FIELDS.indexOf(field) + 1}]`;
}
