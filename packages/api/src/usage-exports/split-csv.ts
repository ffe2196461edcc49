import { UsageExportError } from './usage-export-row.ts';

const RECORD_CHARACTERS_MAX = 65_536;

/**
 * RFC 4180 records out of text that comes in any pieces; quoted fields may hold commas, quotes and line breaks. Empty
 * lines are no records. Throws UsageExportError for a record beyond 64 Ki characters, or a quote that never ends.
 */
export async function* splitCsv(pieces: AsyncIterable<string>): AsyncGenerator<string[]> {
  const splitter = new CsvSplitter();
  for await (const piece of pieces) yield* splitter.add(piece);
  yield* splitter.end();
}

class CsvSplitter {
  #fields: string[] = [];
  #field = '';
  #length = 0;
  #isQuoted = false;
  /** The character before was a quote within a quoted field: its end, or half of a doubled one. */
  #isAfterQuote = false;

  *add(piece: string): Generator<string[]> {
    for (const character of piece) {
      this.#length += 1;
      if (this.#length > RECORD_CHARACTERS_MAX)
        throw new UsageExportError('a line is too long: not a CSV export');
      if (this.#isQuoted && !this.#isAfterQuote) this.#addQuoted(character);
      else if (character === '"') this.#addQuote();
      else if (character === ',') this.#endField();
      else if (character === '\n') yield* this.#endRecord();
      else if (character !== '\r') this.#addPlain(character);
    }
  }

  *end(): Generator<string[]> {
    if (this.#isQuoted && !this.#isAfterQuote)
      throw new UsageExportError('a quote never ends: the file is cut');
    yield* this.#endRecord();
  }

  #addQuoted(character: string): void {
    if (character === '"') this.#isAfterQuote = true;
    else this.#field += character;
  }

  /** Opens a field, or is the second half of a doubled one. */
  #addQuote(): void {
    if (this.#isAfterQuote) this.#field += '"';
    this.#isAfterQuote = false;
    this.#isQuoted = true;
  }

  #addPlain(character: string): void {
    this.#isQuoted = false;
    this.#isAfterQuote = false;
    this.#field += character;
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = '';
    this.#isQuoted = false;
    this.#isAfterQuote = false;
  }

  *#endRecord(): Generator<string[]> {
    this.#endField();
    const fields = this.#fields;
    this.#fields = [];
    this.#length = 0;
    if (fields.length > 1 || fields[0] !== '') yield fields;
  }
}
