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

/**
 * Collects the fields of one line. Numbers are decimal, null is `\N`. What a line cannot carry (see FIELD, long
 * texts, negative or fractional figures) makes it unfit. The characters are checked once, over the whole line, which
 * costs two thirds of a look at each field by itself.
 */
export class LineFields {
  readonly #fields: string[] = [];
  #isFit = true;

  /** null = unfit. */
  join(shape: RegExp): string | null {
    if (!this.#isFit) return null;
    const line = this.#fields.join('\t');
    return shape.test(line) ? line : null;
  }

  refuse(): void {
    this.#isFit = false;
  }

  text(value: string, lengthMax = LINE_TEXT_LENGTH_MAX): void {
    // Types promise a string; a journal takes what it is given.
    if (typeof value !== 'string' || value.length > lengthMax || value === NULL) this.#isFit = false;
    else this.#fields.push(value);
  }

  textOrNull(value: string | null): void {
    if (value === null) this.#fields.push(NULL);
    else this.text(value);
  }

  /** A whole number from 0 to `max`, at most 2⁵³ − 1. */
  count(value: number, max = LINE_COUNT_MAX): void {
    if (value >= 0 && value <= max && value === Math.trunc(value)) this.#fields.push(String(value));
    else this.#isFit = false;
  }

  countOrNull(value: number | null): void {
    if (value === null) this.#fields.push(NULL);
    else this.count(value);
  }

  /** From 0 to `max`. */
  amount(value: bigint, max: number): void {
    const near = typeof value === 'bigint' ? Number(value) : -1;
    if (!(near > Number.MAX_SAFE_INTEGER)) this.count(near, Math.min(max, Number.MAX_SAFE_INTEGER));
    else if (value <= BigInt(max)) this.#fields.push(value.toString());
    else this.#isFit = false;
  }
}
