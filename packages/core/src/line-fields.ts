/** Longer texts do not fit into an index page of Postgres. */
export const LINE_TEXT_LENGTH_MAX = 500;
/** What Postgres calls an integer. */
export const LINE_COUNT_MAX = 2 ** 31 - 1;

const NULL = '\\N';
/** No control characters, no backslashes, no half characters and none beyond U+FFFF; or null. */
const FIELD = String.raw`(?:[^\0-\x1f\\\ud800-\udfff]*|\\N)`;

/** What a line of `count` fields looks like when all of them can stand in it. */
export function buildLineShape(count: number): RegExp {
  return new RegExp(`^(?:${FIELD}\\t){${count - 1}}${FIELD}$`);
}

/** Above it V8 keeps figures as floats, whose texts cost twice those of a bigint. */
const SMALL_MAX = 2n ** 30n - 1n;

/**
 * Makes the fields of one line. Numbers are decimal, null is `\N`. What a line cannot carry (see FIELD, long
 * texts, negative or fractional figures) makes it unfit. The characters are checked once, over the whole line, which
 * costs two thirds of a look at each field by itself.
 */
export class LineFields {
  #isFit = true;

  /** null = unfit. */
  join(fields: string[], shape: RegExp): string | null {
    if (!this.#isFit) return null;
    const line = fields.join('\t');
    return shape.test(line) ? line : null;
  }

  /** The field is empty, and the line unfit. */
  refuse(): string {
    this.#isFit = false;
    return '';
  }

  text(value: string, lengthMax = LINE_TEXT_LENGTH_MAX): string {
    // Types promise a string; a journal takes what it is given.
    if (typeof value !== 'string' || value.length > lengthMax || value === NULL) return this.refuse();
    return value;
  }

  textOrNull(value: string | null): string {
    return value === null ? NULL : this.text(value);
  }

  /** A whole number from 0 to `max`, at most 2⁵³ − 1. */
  count(value: number, max = LINE_COUNT_MAX): string {
    if (value >= 0 && value <= max && value === Math.trunc(value)) return String(value);
    return this.refuse();
  }

  countOrNull(value: number | null): string {
    return value === null ? NULL : this.count(value);
  }

  /** From 0 to `max`. */
  amount(value: bigint, max: bigint): string {
    if (typeof value !== 'bigint' || value < 0n || value > max) return this.refuse();
    return value <= SMALL_MAX ? String(Number(value)) : value.toString();
  }
}
