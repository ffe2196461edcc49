import { UsageExportError, type CountField, type ExportProvider } from './usage-export-row.ts';

/** What a column of a CSV export says. `inputTotal`: input with what came from the cache. */
export type CsvColumn =
  | 'from'
  | 'to'
  | 'model'
  | 'lineItem'
  | 'requestId'
  | 'cost'
  | 'currency'
  | 'inputTotal'
  | CountField;

/** The names that the providers' consoles give, lower case; of several for one thing the first that is there counts. */
const NAMES: readonly (readonly [CsvColumn, readonly string[]])[] = [
  [
    'from',
    ['start_time', 'starting_at', 'start_time_iso', 'usage_date_utc', 'usage_date', 'timestamp', 'date'],
  ],
  ['to', ['end_time', 'ending_at', 'end_time_iso']],
  ['model', ['model_version', 'model', 'model_name']],
  ['lineItem', ['line_item']],
  ['requestId', ['request_id', 'x_request_id']],
  ['requests', ['num_model_requests', 'request_count', 'requests']],
  ['inputTokens', ['usage_input_tokens_no_cache', 'uncached_input_tokens', 'input_uncached_tokens']],
  ['cacheReadTokens', ['usage_input_tokens_cache_read', 'cache_read_input_tokens', 'input_cached_tokens']],
  [
    'cacheWrite5mTokens',
    ['usage_input_tokens_cache_write_5m', 'ephemeral_5m_input_tokens', 'cache_creation_input_tokens'],
  ],
  ['cacheWrite1hTokens', ['usage_input_tokens_cache_write_1h', 'ephemeral_1h_input_tokens']],
  ['outputTokens', ['usage_output_tokens', 'output_tokens']],
  ['webSearchRequests', ['web_search_count', 'web_search_requests']],
  ['cost', ['cost_usd', 'amount_value']],
  ['currency', ['amount_currency', 'currency']],
];

export type CsvHeader = ReadonlyMap<CsvColumn, number>;

/** Which column is where. Throws UsageExportError where a file cannot be an export that can be compared. */
export function readCsvHeader(fields: readonly string[], provider: ExportProvider): CsvHeader {
  const names = fields.map((field) => field.trim().toLowerCase());
  const header = new Map<CsvColumn, number>();
  for (const [column, candidates] of NAMES) {
    const found = candidates.map((name) => names.indexOf(name)).find((place) => place >= 0);
    if (found !== undefined) header.set(column, found);
  }
  addPlainInput(header, names, provider);
  if (!header.has('from'))
    throw new UsageExportError('line 1: no column with a time (e.g. start_time, usage_date_utc)');
  const hasFigures = ['inputTokens', 'inputTotal', 'outputTokens', 'cost'].some((name) =>
    header.has(name as CsvColumn),
  );
  if (!hasFigures) throw new UsageExportError('line 1: no column with tokens or costs');
  return header;
}

/** `input_tokens` is what one provider calls all input, and the other the part at full price. */
function addPlainInput(
  header: Map<CsvColumn, number>,
  names: readonly string[],
  provider: ExportProvider,
): void {
  const place = names.indexOf('input_tokens');
  if (place < 0 || header.has('inputTokens')) return;
  header.set(provider === 'openai' ? 'inputTotal' : 'inputTokens', place);
}
