/** One record and the line of the file that it begins on, from 1. */
export interface CsvRecord {
  line: number;
  fields: string[];
}

/** What makes a text no CSV; `line` is where. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const BOM = '\uFEFF';
/** A field: quoted with doubled quotes, or plain; then what ends it. Sticky: it goes on where the last one ended. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;

/**
 * RFC 4180: quoted fields may hold commas, quotes and line breaks; a BOM and empty lines are passed over. Throws
 * CsvError for a quote that never ends or stands where none may.
 */
export function parseCsv(text: string): CsvRecord[] {
  const content = text.startsWith(BOM) ? text.slice(BOM.length) : text;
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let begunAt = 1;
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < content.length || fields.length > 0) {
    const match = FIELD.exec(content);
    if (match === null) throw new CsvError(line, 'a quote that never ends, or stands where none may');
    const [whole, quoted, plain = '', end = ''] = match;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += countBreaks(whole);
    if (end === ',') continue;
    if (fields.length > 1 || fields[0] !== '') records.push({ line: begunAt, fields });
    fields = [];
    begunAt = line;
  }
  return records;
}

function countBreaks(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}
