import { skipString } from '../json/walk-text.ts';

const QUOTE = 34;
const BACKSLASH = 92;
/** OpenAI pads its chunks with it against traffic analysis: of another length and text each time. */
const PADDING = ',"obfuscation":"';

/**
 * The bytes that the chunks of a stream have in common around the one string that differs: they are compared, not
 * searched, which costs a fifth. Known from a chunk that has been looked at as a whole: one that looks the same but for
 * its text means the same.
 */
export class ChunkShape {
  #head: Buffer | null = null;
  #tail: Buffer | null = null;
  #hasPadding = false;

  /** Takes a chunk (`text`: the same in latin1) whose text begins behind the quote at `quoteAt`. */
  learn(data: Buffer, text: string, quoteAt: number): void {
    const end = skipString(text, quoteAt);
    const paddingAt = text.lastIndexOf(PADDING);
    this.#hasPadding = paddingAt >= end && isPadding(data, paddingAt + PADDING.length);
    const tailEnd = this.#hasPadding ? paddingAt + PADDING.length : data.length;
    this.#head = end === -1 ? null : Buffer.from(data.subarray(0, quoteAt + 1));
    this.#tail = end === -1 ? null : Buffer.from(data.subarray(end - 1, tailEnd));
  }

  /** Bytes of text in a chunk of the known shape, as written; -1 = it has another shape. */
  measure(data: Buffer): number {
    const head = this.#head;
    const tail = this.#tail;
    if (head === null || tail === null || data.length < head.length + tail.length) return -1;
    if (data.compare(head, 0, head.length, 0, head.length) !== 0) return -1;
    const end = findTextEnd(data, head.length);
    if (end === -1 || end + tail.length > data.length) return -1;
    if (data.compare(tail, 0, tail.length, end, end + tail.length) !== 0) return -1;
    const rest = end + tail.length;
    const isWhole = this.#hasPadding ? isPadding(data, rest) : rest === data.length;
    return isWhole ? end - head.length : -1;
  }
}

/** The closing quote; -1 = there is none. A quote behind a backslash may be part of the text. */
function findTextEnd(data: Buffer, from: number): number {
  let quote = data.indexOf(QUOTE, from);
  while (quote !== -1 && isEscaped(data, from, quote)) quote = data.indexOf(QUOTE, quote + 1);
  return quote;
}

function isEscaped(data: Buffer, from: number, quote: number): boolean {
  let before = quote - 1;
  while (before >= from && data[before] === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 0;
}

/** Whether nothing but letters, `"` and `}` stand behind `from`. */
function isPadding(data: Buffer, from: number): boolean {
  const quote = data.indexOf(QUOTE, from);
  return (
    quote !== -1 && quote === data.length - 2 && data[quote - 1] !== BACKSLASH && data[quote + 1] === 125
  );
}
