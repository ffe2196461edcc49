/** Longer texts do not fit into an index page of Postgres. */
export const LINE_TEXT_LENGTH_MAX = 500;
/** What Postgres calls an integer. */
export const LINE_COUNT_MAX = 2 ** 31 - 1;

const TAB = 0x09;
const SPACE = 0x20;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const UPPER_N = 0x4e;
const MILLION = 1_000_000;

/**
 * Writes the fields of one line as UTF-8, each followed by a tab, in one pass and without garbage. Numbers are
 * decimal, null is `\N`. What a line cannot carry (control characters, backslashes, half characters and those
 * beyond U+FFFF, long texts, negative or fractional figures) makes the line unfit, and the rest is not written.
 */
export class LineWriter {
  readonly #bytes: Uint8Array;
  #at: number;
  #isFit = true;

  /** The caller sees to room: three bytes for each character allowed, 20 for a figure. */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** The end of the line, without its last tab; -1 = unfit. */
  end(): number {
    return this.#isFit ? this.#at - 1 : -1;
  }

  refuse(): void {
    this.#isFit = false;
  }

  text(value: string, lengthMax = LINE_TEXT_LENGTH_MAX): void {
    // Types promise a string; a journal takes what it is given.
    if (typeof value !== 'string' || value.length > lengthMax) this.#isFit = false;
    if (!this.#isFit) return;
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < value.length; index += 1) {
      const unit = value.charCodeAt(index);
      if (unit < 0x80) {
        if (unit < SPACE || unit === BACKSLASH) return this.refuse();
        bytes[at++] = unit;
      } else if (unit < 0x800) {
        bytes[at++] = 0xc0 | (unit >> 6);
        bytes[at++] = 0x80 | (unit & 0x3f);
      } else {
        if (unit >= 0xd800 && unit < 0xe000) return this.refuse();
        bytes[at++] = 0xe0 | (unit >> 12);
        bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
        bytes[at++] = 0x80 | (unit & 0x3f);
      }
    }
    bytes[at] = TAB;
    this.#at = at + 1;
  }

  textOrNull(value: string | null): void {
    if (value === null) this.#null();
    else this.text(value);
  }

  /** A whole number, 0 to 2³¹ − 1. */
  count(value: number): void {
    if (value >= 0 && value <= LINE_COUNT_MAX && value === Math.trunc(value)) this.#digits(value, 1);
    else this.#isFit = false;
    this.#bytes[this.#at++] = TAB;
  }

  countOrNull(value: number | null): void {
    if (value === null) this.#null();
    else this.count(value);
  }

  /** A whole number from 0 to `max`, at most 2⁵³ − 1. */
  large(value: number, max: number): void {
    if (!(value >= 0 && value <= max && value === Math.trunc(value))) this.#isFit = false;
    else if (value < MILLION) this.#digits(value, 1);
    else this.#digits(value % MILLION, this.#highDigits(Math.floor(value / MILLION)));
    this.#bytes[this.#at++] = TAB;
  }

  /** From 0 to `max`. */
  amount(value: bigint, max: number): void {
    const near = typeof value === 'bigint' ? Number(value) : -1;
    if (!(near > Number.MAX_SAFE_INTEGER)) this.large(near, Math.min(max, Number.MAX_SAFE_INTEGER));
    else if (value <= BigInt(max)) this.text(value.toString());
    else this.#isFit = false;
  }

  #null(): void {
    this.#bytes[this.#at++] = BACKSLASH;
    this.#bytes[this.#at++] = UPPER_N;
    this.#bytes[this.#at++] = TAB;
  }

  /** The digits above the last six; returns how many must follow. */
  #highDigits(value: number): 6 {
    if (value < MILLION) this.#digits(value, 1);
    else this.#digits(value % MILLION, this.#highDigits(Math.floor(value / MILLION)));
    return 6;
  }

  /** `value` is below 2³¹; zeros in front up to `width`, 1 or 6. */
  #digits(value: number, width: 1 | 6): void {
    let digits = width;
    for (let bound = width === 1 ? 10 : MILLION; bound <= value; bound *= 10) digits += 1;
    const bytes = this.#bytes;
    let rest = value | 0;
    for (let at = this.#at + digits - 1; at >= this.#at; at -= 1) {
      const next = (rest / 10) | 0;
      bytes[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.#at += digits;
  }
}
