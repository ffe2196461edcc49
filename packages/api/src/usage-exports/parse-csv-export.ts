import { hash } from 'node:crypto';
import { readCsvHeader, type CsvColumn, type CsvHeader } from './csv-columns.ts';
import { parseAmount, parseCount, parseInstant, selectPeriod } from './parse-figures.ts';
import { splitCsv } from './split-csv.ts';
import {
  COUNT_FIELDS,
  NOTHING_SAID,
  UsageExportError,
  type ExportProvider,
  type UsageExportRow,
} from './usage-export-row.ts';

const RECORDS_MAX = 1_000_000;
const FINGERPRINT_LENGTH = 14;

/** The rows of a CSV export as it is read. A line that is there twice, to the letter, counts once. */
export async function* parseCsvExport(
  pieces: AsyncIterable<string>,
  provider: ExportProvider,
): AsyncGenerator<UsageExportRow> {
  let header: CsvHeader | null = null;
  let width = 0;
  let record = 0;
  const seen = new Set<string>();
  for await (const fields of splitCsv(pieces)) {
    record += 1;
    if (record > RECORDS_MAX + 1)
      throw new UsageExportError(`more than ${RECORDS_MAX} lines: split the export`);
    if (header === null) {
      header = readCsvHeader(fields, provider);
      width = fields.length;
      continue;
    }
    if (fields.length !== width) {
      throw new UsageExportError(`line ${record}: ${fields.length} fields, the header has ${width}`);
    }
    const fingerprint = hash('sha1', fields.join('\u001F'), 'base64').slice(0, FINGERPRINT_LENGTH);
    if (seen.has(fingerprint)) continue;
    seen.add(fingerprint);
    yield readRecord(fields, header, `line ${record}`);
  }
  if (header === null) throw new UsageExportError('the file is empty');
}

function readRecord(fields: readonly string[], header: CsvHeader, place: string): UsageExportRow {
  const cell = (column: CsvColumn): string | null => {
    const index = header.get(column);
    return index === undefined ? null : (fields[index] ?? '').trim();
  };
  const fromText = cell('from') ?? '';
  const toText = cell('to');
  const to = toText === null || toText === '' ? null : parseInstant(toText, place);
  const row: UsageExportRow = {
    ...NOTHING_SAID,
    ...selectPeriod(parseInstant(fromText, place), to),
    model: cell('model') || readLineItem(cell('lineItem')),
    requestId: cell('requestId') || null,
    costUsd: readCost(cell('cost'), cell('currency'), place),
  };
  for (const field of COUNT_FIELDS) {
    const text = cell(field);
    if (text !== null) row[field] = parseCount(text, place);
  }
  const total = cell('inputTotal');
  if (total !== null)
    row.inputTokens = subtractCached(parseCount(total, place), row.cacheReadTokens ?? 0, place);
  return row;
}

/** Input in all, less what came from the cache. */
export function subtractCached(total: number, cached: number, place: string): number {
  if (cached <= total) return total - cached;
  throw new UsageExportError(`${place}: more input from the cache than input in all`);
}

/** `gpt-4o-2024-08-06, input` → the model. */
export function readLineItem(lineItem: string | null): string | null {
  return lineItem?.split(',')[0]?.trim() || null;
}

function readCost(cost: string | null, currency: string | null, place: string): string | null {
  if (cost === null || cost === '') return cost === null ? null : '0';
  requireUsd(currency, place);
  return parseAmount(cost, place);
}

export function requireUsd(currency: string | null, place: string): void {
  if (currency === null || currency === '' || currency.toLowerCase() === 'usd') return;
  throw new UsageExportError(`${place}: costs in ${currency.slice(0, 10)}, not in USD`);
}
