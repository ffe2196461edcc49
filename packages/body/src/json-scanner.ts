import { endianness } from 'node:os';
import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DOT,
  LINE_FEED,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  LOWER_U,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  QUOTE,
  SPACE,
  TAB,
  ZERO,
  decodeHexDigit,
  isDigit,
} from './ascii.ts';

/** Containers inside each other, the outermost counted. Deeper bodies are refused: parsers upstream recurse too. */
export const JSON_DEPTH_MAX = 512;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** Strings from so many bytes on may be files in base64. Shorter ones count as text. */
export const BINARY_BYTES_MIN = 2048;
/** What one of them adds to `binaryBytesCapped` at most: a picture costs no more tokens for being larger. */
const BINARY_BYTES_CAP = 65_536;
/** How much of a long string is looked at: in its middle and at its end (a data URL begins with its type). */
const BINARY_SAMPLE_BYTES = 64;
/** Where the protocols put a file: `data` beside its media type, or a data URL under one of these names. */
const FILE_NAME = Buffer.from('data"');
const FILE_URL_NAMES = ['url"', 'image_url"', 'file_data"'].map((name) => Buffer.from(name));
const MEDIA_TYPE_NAMES = ['"media_type":', '"mime_type":', '"mimeType":', '"format":'].map((name) =>
  Buffer.from(name),
);
/** How far from the data it is looked for. */
const MEDIA_TYPE_BYTES_MAX = 512;
const DATA_SCHEME = Buffer.from('"data:');

/** A–Z a–z 0–9 + / - _ = : base64 and base64url. */
const BASE64 = new Uint8Array(256);
for (const byte of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=')) {
  BASE64[byte] = 1;
}

/** What may follow a backslash, `u` apart: " \ / b f n r t */
const SHORT_ESCAPES = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) SHORT_ESCAPES[byte] = 1;

// The words below are read with the first byte lowest. Every platform we ship for does that.
if (endianness() !== 'LE') throw new Error('json-scanner: needs a little-endian machine');

/**
 * Walks over the JSON (RFC 8259) in a buffer without building values. Every `skip…` takes the index where
 * its token begins and returns the index after it, or `~offset` (a negative number) of the first byte
 * that is wrong; `offset` is the buffer's length when the input ends too soon.
 * UTF-8 is not checked here: see `isUtf8` of node:buffer.
 */
export class JsonScanner {
  /** Set when the failure was depth, not syntax. */
  tooDeep = false;
  /** How many elements the array had that ended last. */
  elements = 0;
  /** Bytes of the files in base64 so far: text that only looks like one does not count. */
  binaryBytes = 0;
  /** The same, with at most 64 KiB of each string. */
  binaryBytesCapped = 0;
  readonly #bytes: Buffer;
  readonly #end: number;
  /** The same bytes as aligned words; the first one begins `#lead` bytes before the buffer. */
  readonly #words: Int32Array;
  readonly #lead: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
    this.#lead = bytes.byteOffset & 3;
    const wordCount = (this.#end + this.#lead) >> 2;
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset - this.#lead, wordCount);
  }

  /** May return the buffer's length. */
  skipWhitespace(at: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let next = at;
    while (next < end) {
      const byte = bytes[next] as number;
      if (byte > SPACE) return next;
      if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return next;
      next += 1;
    }
    return next;
  }

  /** `depth`: how many containers are open around the value. */
  skipValue(at: number, depth: number): number {
    switch (this.#bytes[at]) {
      case QUOTE:
        return this.skipString(at);
      case OPEN_BRACE:
        return this.#skipObject(at, depth + 1);
      case OPEN_BRACKET:
        return this.#skipArray(at, depth + 1);
      case LOWER_T:
        return this.#skipWord(at, TRUE);
      case LOWER_F:
        return this.#skipWord(at, FALSE);
      case LOWER_N:
        return this.#skipWord(at, NULL);
      default:
        return this.#skipNumber(at);
    }
  }

  /** From the opening quote to after the closing one. Four bytes a step: nearly all of a body is strings. */
  skipString(at: number): number {
    const bytes = this.#bytes;
    const words = this.#words;
    const wordCount = words.length;
    const lead = this.#lead;
    let next = at + 1;
    for (;;) {
      let word = (next + lead) >> 2;
      if (word < wordCount) {
        // Bytes of the first word that lie before `next` do not count.
        let stops = findStops(words[word] as number) & (-1 << (((next + lead) & 3) << 3));
        while (stops === 0 && ++word < wordCount) stops = findStops(words[word] as number);
        next = (word << 2) - lead;
        if (stops !== 0) next += (31 - Math.clz32(stops & -stops)) >> 3;
      }
      next = this.#skipPlainTail(next);
      if (next < 0) return next;
      if (bytes[next] === QUOTE) return next + 1;
      next = this.#skipEscape(next);
      if (next < 0) return next;
    }
  }

  /** Counts a string, quotes included, unless it does not look like base64. */
  #noteFile(tokenStart: number, tokenEnd: number): void {
    const start = tokenStart + 1;
    const end = tokenEnd - 1;
    const middle = (start + end) >> 1;
    if (!this.#isBase64(end - BINARY_SAMPLE_BYTES, end)) return;
    if (!this.#isBase64(middle, middle + BINARY_SAMPLE_BYTES)) return;
    this.binaryBytes += end - start;
    this.binaryBytesCapped += Math.min(end - start, BINARY_BYTES_CAP);
  }

  #isBase64(start: number, end: number): boolean {
    for (let at = start; at < end; at += 1) if (BASE64[this.#bytes[at] as number] === 0) return false;
    return true;
  }

  /** Byte by byte to the next quote or backslash: at once there, or in the last bytes that fill no word. */
  #skipPlainTail(at: number): number {
    const bytes = this.#bytes;
    for (let next = at; next < this.#end; next += 1) {
      const byte = bytes[next] as number;
      if (byte === QUOTE || byte === BACKSLASH) return next;
      if (byte < SPACE) return ~next;
    }
    return ~this.#end;
  }

  #skipEscape(at: number): number {
    const letter = this.#bytes[at + 1];
    if (letter === undefined) return ~this.#end;
    if (SHORT_ESCAPES[letter] === 1) return at + 2;
    if (letter !== LOWER_U) return ~(at + 1);
    for (let next = at + 2; next < at + 6; next += 1) {
      const digit = this.#bytes[next];
      if (digit === undefined || decodeHexDigit(digit) < 0) return ~next;
    }
    return at + 6;
  }

  #skipObject(at: number, depth: number): number {
    if (depth > JSON_DEPTH_MAX) return this.#failDepth(at);
    let next = this.skipWhitespace(at + 1);
    if (this.#bytes[next] === CLOSE_BRACE) return next + 1;
    for (;;) {
      const name = next;
      const start = this.skipName(next);
      if (start < 0) return start;
      const end = this.skipValue(start, depth);
      if (end < 0) return end;
      if (end - start - 2 >= BINARY_BYTES_MIN && this.#isFile(at, name + 1, start, end))
        this.#noteFile(start, end);
      next = this.skipSeparator(end, CLOSE_BRACE);
      if (next < 0 || this.#bytes[next - 1] === CLOSE_BRACE) return next;
      next = this.skipWhitespace(next);
    }
  }

  /** Whether a long value of the object that begins at `object` stands where the protocols put files. */
  #isFile(object: number, name: number, start: number, end: number): boolean {
    if (this.#bytes[start] !== QUOTE) return false;
    if (!this.#isAt(name, FILE_NAME))
      return this.#isAt(start, DATA_SCHEME) && FILE_URL_NAMES.some((each) => this.#isAt(name, each));
    if (this.#namesMediaType(Math.max(object, name - MEDIA_TYPE_BYTES_MAX), name)) return true;
    const limit = end + MEDIA_TYPE_BYTES_MAX;
    const close = this.#bytes.subarray(end, limit).indexOf(CLOSE_BRACE);
    return this.#namesMediaType(end, close < 0 ? limit : end + close);
  }

  /** By its bytes alone: what it decides is an estimate, and what is written beside a file is short. */
  #namesMediaType(start: number, end: number): boolean {
    const beside = this.#bytes.subarray(start, end);
    return MEDIA_TYPE_NAMES.some((name) => beside.includes(name));
  }

  #isAt(at: number, word: Buffer): boolean {
    for (let index = 0; index < word.length; index += 1)
      if (this.#bytes[at + index] !== word[index]) return false;
    return true;
  }

  #skipArray(at: number, depth: number): number {
    if (depth > JSON_DEPTH_MAX) return this.#failDepth(at);
    let next = this.skipWhitespace(at + 1);
    let elements = 0;
    if (this.#bytes[next] === CLOSE_BRACKET) next += 1;
    else {
      do {
        next = this.skipValue(this.skipWhitespace(next), depth);
        if (next < 0) return next;
        elements += 1;
        next = this.skipSeparator(next, CLOSE_BRACKET);
        if (next < 0) return next;
      } while (this.#bytes[next - 1] !== CLOSE_BRACKET);
    }
    this.elements = elements;
    return next;
  }

  /** A member's name, colon and the white space after it. */
  skipName(at: number): number {
    if (this.#bytes[at] !== QUOTE) return ~at;
    const next = this.skipString(at);
    return next < 0 ? next : this.skipColon(next);
  }

  /** White space, colon, white space. */
  skipColon(at: number): number {
    const colon = this.skipWhitespace(at);
    return this.#bytes[colon] === COLON ? this.skipWhitespace(colon + 1) : ~colon;
  }

  /** White space, then a comma or the given closing byte: look at the byte before the result for which. */
  skipSeparator(at: number, close: number): number {
    const next = this.skipWhitespace(at);
    const byte = this.#bytes[next];
    return byte === COMMA || byte === close ? next + 1 : ~next;
  }

  #skipWord(at: number, word: Buffer): number {
    for (let index = 1; index < word.length; index += 1) {
      if (this.#bytes[at + index] !== word[index]) return ~Math.min(at + index, this.#end);
    }
    return at + word.length;
  }

  /** RFC 8259 §6: no leading zeros, no `+`, digits on both sides of the point. */
  #skipNumber(at: number): number {
    const bytes = this.#bytes;
    let next = bytes[at] === MINUS ? at + 1 : at;
    next = bytes[next] === ZERO ? next + 1 : this.#skipDigits(next);
    if (next < 0) return next;
    if (bytes[next] === DOT) next = this.#skipDigits(next + 1);
    if (next < 0 || ((bytes[next] as number) | 0x20) !== LOWER_E) return next;
    const sign = bytes[next + 1];
    return this.#skipDigits(sign === PLUS || sign === MINUS ? next + 2 : next + 1);
  }

  /** At least one. */
  #skipDigits(at: number): number {
    let next = at;
    while (isDigit(this.#bytes[next])) next += 1;
    return next === at ? ~Math.min(at, this.#end) : next;
  }

  #failDepth(at: number): number {
    this.tooDeep = true;
    return ~at;
  }
}

/**
 * Sets the high bit of each byte of the word that is a quote, a backslash or a control character. Only bits
 * above a true one can be wrong (borrows go upward), so the lowest set bit is exact.
 */
function findStops(word: number): number {
  const quote = (word ^ 0x22222222) - 0x01010101;
  const backslash = (word ^ 0x5c5c5c5c) - 0x01010101;
  return ((word - 0x20202020) | quote | backslash) & ~word & 0x80808080;
}
