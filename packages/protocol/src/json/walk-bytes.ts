/** Steps through JSON text in bytes. All take and give offsets; -1 = the text ends, or is no JSON, before. */

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const COMMA = 44;

export function skipSpace(data: Buffer, at: number): number {
  let next = at;
  while (isSpace(data[next])) next += 1;
  return next;
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

/** From the opening quote to behind the closing one. A quote is searched natively: long strings cost little. */
export function skipString(data: Buffer, at: number): number {
  let quote = data.indexOf(QUOTE, at + 1);
  while (quote !== -1 && isEscaped(data, at, quote)) quote = data.indexOf(QUOTE, quote + 1);
  return quote === -1 ? -1 : quote + 1;
}

/** An odd run of backslashes in front takes the quote into the string. */
function isEscaped(data: Buffer, start: number, quote: number): boolean {
  let before = quote - 1;
  while (before > start && data[before] === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 0;
}

/** From the first byte of a value to behind its last one. */
export function skipValue(data: Buffer, at: number): number {
  const first = data[at];
  if (first === QUOTE) return skipString(data, at);
  return first === OPEN_BRACE || first === OPEN_BRACKET ? skipNested(data, at) : skipScalar(data, at);
}

function skipNested(data: Buffer, at: number): number {
  let depth = 0;
  let next = at;
  while (next < data.length) {
    const byte = data[next];
    if (byte === QUOTE) {
      next = skipString(data, next);
      if (next === -1) return -1;
      continue;
    }
    next += 1;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return next;
  }
  return -1;
}

function skipScalar(data: Buffer, at: number): number {
  let next = at;
  while (next < data.length && !isValueEnd(data[next])) next += 1;
  return next === at ? -1 : next;
}

function isValueEnd(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte);
}
