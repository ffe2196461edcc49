import { parseCsvExport } from './parse-csv-export.ts';
import { parseJsonExport } from './parse-json-export.ts';
import { sumPeriods } from './sum-periods.ts';
import { UsageExportError, type ExportProvider, type UsageExportRow } from './usage-export-row.ts';

/** A JSON document has to be held as a whole. CSV has no such limit. */
const JSON_CHARACTERS_MAX = 64 * 1_048_576;

/**
 * MON-13: reads a usage export of a provider, CSV or JSON (told apart by the first letter), in bounded memory. Rows
 * with request ids come as they are; sums are added up by period and model, and come at the end.
 * Throws UsageExportError with the place of what is wrong.
 */
export async function* parseUsageExport(
  bytes: AsyncIterable<Uint8Array>,
  provider: ExportProvider,
): AsyncGenerator<UsageExportRow> {
  const pieces = decodeText(bytes)[Symbol.asyncIterator]();
  const first = await pieces.next();
  const start = first.done === true ? '' : first.value;
  const rest = prepend(start, { [Symbol.asyncIterator]: () => pieces });
  const isJson = /^\s*[[{]/.test(start);
  yield* sumPeriods(isJson ? readJson(rest, provider) : parseCsvExport(rest, provider));
}

async function* readJson(
  pieces: AsyncIterable<string>,
  provider: ExportProvider,
): AsyncGenerator<UsageExportRow> {
  let json = '';
  for await (const piece of pieces) {
    json += piece;
    if (json.length > JSON_CHARACTERS_MAX)
      throw new UsageExportError('more than 64 MiB of JSON: split the export');
  }
  yield* parseJsonExport(json, provider);
}

async function* prepend(start: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield start;
  yield* rest;
}

/** UTF-8 with or without a byte order mark, characters cut anywhere. Empty pieces are left out. */
async function* decodeText(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) {
      const piece = decoder.decode(chunk, { stream: true });
      if (piece !== '') yield piece;
    }
    const end = decoder.decode();
    if (end !== '') yield end;
  } catch (fault) {
    if (fault instanceof TypeError) throw new UsageExportError('the file is not UTF-8 text');
    throw fault;
  }
}
