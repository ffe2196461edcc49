/** A number as it was written, so that no digit is lost to a float. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What JSON can hold, with numbers as text. */
export type JsonValue = string | boolean | null | JsonNumber | JsonValue[] | { [name: string]: JsonValue };

type Reviver = (this: unknown, key: string, value: unknown, context: { source: string }) => unknown;
/** The standard's third argument of a reviver is in the engine, but not in the types of this compiler's library. */
const parse = JSON.parse as unknown as (text: string, reviver: Reviver) => unknown;

/** Throws SyntaxError on what is no JSON, RangeError on what is nested too deep for the engine. */
export function parseExactJson(text: string): JsonValue {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' ? new JsonNumber(source) : value,
  ) as JsonValue;
}

export function isJsonObject(value: JsonValue | undefined): value is { [name: string]: JsonValue } {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}
