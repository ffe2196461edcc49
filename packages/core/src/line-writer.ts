/** Longer texts do not fit into an index page of Postgres. */
export const LINE_TEXT_LENGTH_MAX = 500;
/** What Postgres calls an integer. */
export const LINE_COUNT_MAX = 2 ** 31 - 1;

const TAB = 0x09;
const BACKSLASH = 0x5c;
const CAPITAL_N = 0x4e;
const DIGIT_0 = 0x30;

/**
 * Writes the fields of one line as bytes, with no text in between: lines are made twice for each request. Numbers are
 * decimal, null is `\N`. What a line cannot carry (see {@link isLineUnit}, long texts, negative or fractional figures)
 * makes it unfit. It trusts that the bytes have room, see {@link textBytesMax}.
 */
export class LineWriter {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #isFit = true;

  /** The line begins at `at` of `bytes`. */
  begin(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#isFit = true;
  }

  /** Behind the last byte of the line; -1 = unfit. */
  end(): number {
    return this.#isFit ? this.#at - 1 : -1;
  }

  /** The line is unfit. */
  refuse(): void {
    this.#isFit = false;
  }

  text(value: string, lengthMax = LINE_TEXT_LENGTH_MAX): void {
    // Types promise a string; a journal takes what it is given.
    if (typeof value !== 'string' || value.length > lengthMax) return this.refuse();
    const bytes = this.#bytes;
    const at = this.#at;
    const { length } = value;
    let isAscii = true;
    for (let index = 0; index < length; index += 1) {
      const unit = value.charCodeAt(index);
      if (!isLineUnit(unit)) return this.refuse();
      if (unit > 0x7f) isAscii = false;
      bytes[at + index] = unit;
    }
    if (isAscii) this.#close(at + length);
    else this.fields(value);
  }

  textOrNull(value: string | null): void {
    if (value === null) this.null();
    else this.text(value);
  }

  null(): void {
    const at = this.#at;
    this.#bytes[at] = BACKSLASH;
    this.#bytes[at + 1] = CAPITAL_N;
    this.#close(at + 2);
  }

  /** A whole number from 0 to `max`, at most 2⁵³ − 1. */
  count(value: number, max = LINE_COUNT_MAX): void {
    if (value >= 0 && value <= max && value === Math.trunc(value)) this.#figure(value);
    else this.refuse();
  }

  countOrNull(value: number | null): void {
    if (value === null) this.null();
    else this.count(value);
  }

  /** From 0 to `max`. */
  amount(value: bigint, max: bigint): void {
    if (typeof value !== 'bigint' || value < 0n || value > max) return this.refuse();
    const figure = Number(value);
    if (figure <= Number.MAX_SAFE_INTEGER) this.#figure(figure);
    else this.text(value.toString());
  }

  /** Fields that are written already, with the tabs between them. */
  fields(line: string): void {
    this.#close(this.#at + this.#bytes.write(line, this.#at, 'utf8'));
  }

  #figure(value: number): void {
    let digits = 1;
    for (let power = 10; value >= power; power *= 10) digits += 1;
    const start = this.#at;
    let rest = value;
    for (let at = start + digits - 1; at >= start; at -= 1) {
      const tens = Math.floor(rest / 10);
      // In this order: all of it stays below 2⁵³, and so exact.
      this.#bytes[at] = rest - tens * 10 + DIGIT_0;
      rest = tens;
    }
    this.#close(start + digits);
  }

  #close(at: number): void {
    this.#bytes[at] = TAB;
    this.#at = at + 1;
  }
}

/** No control characters, no backslashes, no half characters and none beyond U+FFFF. */
function isLineUnit(unit: number): boolean {
  return unit >= 0x20 && unit !== BACKSLASH && (unit & 0xf800) !== 0xd800;
}

/** What `length` units of text take at most, with a tab. */
export function textBytesMax(length: number): number {
  return length * 3 + 1;
}
