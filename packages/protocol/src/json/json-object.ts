/** Where latin1 and UTF-8 differ. */
const NOT_ASCII = /[\u0080-\u00ff]/u;

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** null = the bytes are no JSON, or no object. Never throws. */
export function parseObject(data: Buffer): JsonObject | null {
  const value = parseJson(data);
  return isObject(value) ? value : null;
}

/** undefined = the bytes are no JSON. Never throws. */
export function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The same for text of one character a byte (latin1), as cut out of a buffer. */
export function parseText(text: string): unknown {
  if (NOT_ASCII.test(text)) return parseJson(Buffer.from(text, 'latin1'));
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
