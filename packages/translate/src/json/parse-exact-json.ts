/** Where a number may be written in a way that a double does not keep: many digits, or a large exponent. */
const LOSSY_NUMBER = /\d{16}|\d[eE][+-]?\d{3}/u;

/** A digit of the mantissa that is not 0. */
const NONZERO = /^[^eE]*[1-9]/u;

/** What the types of this TypeScript do not know of JSON yet (TC39 proposal "JSON.parse source text access"). */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}

const SOURCE_JSON = JSON as unknown as SourceJson;

/**
 * JSON whose numbers come out of JSON.stringify as they went in, also those beyond 2^53: such a number is no
 * `number` but an opaque value. Numbers that a double keeps are numbers. undefined = no JSON. Never throws.
 */
export function parseExactJson(text: string): unknown {
  try {
    return LOSSY_NUMBER.test(text) ? SOURCE_JSON.parse(text, keepSource) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is such an opaque number: to everything else it looks like an object. */
export function isExactNumber(value: unknown): boolean {
  return SOURCE_JSON.isRawJSON(value);
}

function keepSource(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
  return isSameNumber(value, source) ? value : SOURCE_JSON.rawJSON(source);
}

/** `1.0`, `1e3` and `-0` are other spellings of a number that a double keeps; `1e-400` is none, though it reads as 0. */
function isSameNumber(value: number, source: string): boolean {
  const isUnderflow = value === 0 && NONZERO.test(source);
  return Number.isFinite(value) && Math.abs(value) < 2 ** 53 && source.length <= 16 && !isUnderflow;
}
