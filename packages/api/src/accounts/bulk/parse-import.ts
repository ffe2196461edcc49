import { CsvError, parseCsv, type CsvRecord } from '../../csv/parse-csv.ts';
import { mapIssues, type Problem } from '../../problems/problem.ts';
import { CSV_COLUMNS, importRowSchema, type ImportRow } from './import-row.ts';

/** A row and where it stands: `line 3` of a CSV file, `[2]` of a JSON list. */
export interface PlacedRow {
  place: string;
  row: ImportRow;
}

export interface ParsedImport {
  rows: PlacedRow[];
  problems: Problem[];
}

export const IMPORT_ROWS_MAX = 500;
/** What `encodeCsv` puts before a text that a spreadsheet would run. */
const GUARDED = /^'(?=[=+\-@\t\r])/;

/** Reads all rows, and finds all problems that show without the database. Values are never in their texts. */
export function parseImport(format: 'csv' | 'json', content: string): ParsedImport {
  const raw = format === 'csv' ? readCsv(content) : readJson(content);
  if (!Array.isArray(raw)) return { rows: [], problems: [raw] };
  if (raw.length === 0) return { rows: [], problems: [{ path: '', message: 'there is no account in it' }] };
  if (raw.length > IMPORT_ROWS_MAX) {
    return {
      rows: [],
      problems: [{ path: '', message: `more than ${IMPORT_ROWS_MAX} accounts: split the file` }],
    };
  }
  return checkRows(raw);
}

interface RawRow {
  place: string;
  value: unknown;
  problems?: Problem[];
}

function checkRows(raw: readonly RawRow[]): ParsedImport {
  const parsed: ParsedImport = { rows: [], problems: [] };
  const places = new Map<string, string>();
  for (const { place, value, problems = [] } of raw) {
    parsed.problems.push(...problems);
    const checked = importRowSchema.safeParse(value);
    if (!checked.success) {
      parsed.problems.push(...mapIssues(checked.error.issues, [place]));
      continue;
    }
    const { name } = checked.data;
    const earlier = places.get(name);
    if (earlier === undefined) places.set(name, place);
    else parsed.problems.push({ path: `${place}.name`, message: `is the name of ${earlier} too` });
    parsed.rows.push({ place, row: checked.data });
  }
  return parsed;
}

function readJson(content: string): RawRow[] | Problem {
  try {
    const value: unknown = JSON.parse(content.replace(/^\uFEFF/, ''));
    if (!Array.isArray(value)) return { path: '', message: 'expected a list of accounts' };
    return value.map((one: unknown, index) => ({ place: `[${index}]`, value: one }));
  } catch {
    // The parser's own text quotes what it could not read, which may be a key.
    return { path: '', message: 'not JSON' };
  }
}

function readCsv(content: string): RawRow[] | Problem {
  try {
    const [header, ...records] = parseCsv(content);
    if (header === undefined) return { path: '', message: 'the file is empty' };
    const columns = header.fields.map((field) => field.trim().toLowerCase());
    const problem = checkHeader(columns);
    return problem ?? records.map((record) => readRecord(record, columns));
  } catch (fault) {
    if (fault instanceof CsvError) return { path: `line ${fault.line}`, message: fault.message };
    throw fault;
  }
}

function checkHeader(columns: readonly string[]): Problem | null {
  const unknown = columns.findIndex((column) => !Object.hasOwn(CSV_COLUMNS, column));
  if (unknown !== -1) {
    // Without a header the first line may hold a key: it is not repeated.
    return {
      path: 'line 1',
      message: `column ${unknown + 1} is none of ${Object.keys(CSV_COLUMNS).join(', ')}`,
    };
  }
  const twice = columns.findIndex((column, index) => columns.indexOf(column) !== index);
  return twice === -1 ? null : { path: 'line 1', message: `column ${twice + 1} is there twice` };
}

function readRecord({ line, fields }: CsvRecord, columns: readonly string[]): RawRow {
  const place = `line ${line}`;
  const value: Record<string, unknown> = { credentials: {} };
  if (fields.length !== columns.length) {
    const message = `${fields.length} fields, the first line has ${columns.length}`;
    return { place, value, problems: [{ path: place, message }] };
  }
  const problems: Problem[] = [];
  for (const [index, column] of columns.entries()) {
    const text = (fields[index] ?? '').trim().replace(GUARDED, '');
    if (text === '') continue;
    const cell = readCell(column, text);
    if (cell === undefined) problems.push({ path: `${place}.${column}`, message: 'cannot be read' });
    else setField(value, CSV_COLUMNS[column]?.field ?? column, cell);
  }
  return { place, value, problems };
}

/** undefined = it is no such thing. */
function readCell(column: string, text: string): unknown {
  switch (CSV_COLUMNS[column]?.kind) {
    case 'number':
      return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : undefined;
    case 'flag':
      return { true: true, yes: true, '1': true, false: false, no: false, '0': false }[text.toLowerCase()];
    case 'names':
      return text.split(';').map((name) => name.trim());
    case 'json':
      return parseCellJson(text);
    default:
      return text;
  }
}

function parseCellJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function setField(row: Record<string, unknown>, field: string, value: unknown): void {
  const [outer = '', inner] = field.split('.');
  if (inner === undefined) row[outer] = value;
  else Object.assign(row[outer] as object, { [inner]: value });
}
