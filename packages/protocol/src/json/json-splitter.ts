/** What a splitter tells its owner. Buffers are only valid until the call returns: copy what is kept. */
export interface JsonSplitterHandler {
  /**
   * A whole object. `startAt`: offset of its first byte in the stream. `isCut`: chunk borders cut it and it passed
   * the limit; `data` then holds only its beginning, `dataBytes` is the true length.
   */
  onObject(data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void;
  /** A byte that cannot stand between objects. Reported once; nothing is reported behind it. */
  onForeign(): void;
}

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts a stream of JSON objects, an array around them or not, into these objects as it passes by, cut anywhere.
 * Follows only strings and brackets: whether an object is good JSON is its reader's to see.
 */
export class JsonSplitter {
  readonly #handler: JsonSplitterHandler;
  readonly #objectBytesMax: number;
  #parts: Buffer[] = [];
  #keptBytes = 0;
  #objectBytes = 0;
  #objectAt = 0;
  #offset = 0;
  /** Brackets open inside the present object; 0 = between objects. */
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #hasArray = false;
  #isClosed = false;
  #isForeign = false;

  /** `objectBytesMax`: how much is kept of an object that chunk borders cut. */
  constructor(handler: JsonSplitterHandler, objectBytesMax: number) {
    this.#handler = handler;
    this.#objectBytesMax = objectBytesMax;
  }

  /** The array has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  push(chunk: Buffer): void {
    let at = this.#depth > 0 ? this.#readObject(chunk, 0) : 0;
    while (at < chunk.length && !this.#isForeign) {
      if (chunk[at] === OPEN_BRACE && !this.#isClosed) at = this.#beginObject(chunk, at);
      else at = this.#readBetween(chunk, at);
    }
    this.#offset += chunk.length;
  }

  #beginObject(chunk: Buffer, at: number): number {
    this.#objectAt = this.#offset + at;
    this.#objectBytes = 0;
    return this.#readObject(chunk, at);
  }

  #readBetween(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0;
    if (byte === OPEN_BRACKET && !this.#hasArray) this.#hasArray = true;
    else if (byte === CLOSE_BRACKET && this.#hasArray) this.#isClosed = true;
    else if (!isFiller(byte) && !(this.#offset + at < BOM.length && byte === BOM[this.#offset + at])) {
      this.#isForeign = true;
      this.#handler.onForeign();
    }
    return at + 1;
  }

  /** From inside an object; gives the offset behind it, or the chunk's end. */
  #readObject(chunk: Buffer, from: number): number {
    const end = this.#findEnd(chunk, from);
    const part = chunk.subarray(from, end);
    this.#objectBytes += part.length;
    if (this.#depth > 0) this.#keep(part);
    else this.#finish(part);
    return end;
  }

  #finish(part: Buffer): void {
    const isCut = this.#keptBytes < this.#objectBytes - part.length;
    const data =
      this.#parts.length === 0 ? part : Buffer.concat(isCut ? this.#parts : [...this.#parts, part]);
    this.#parts = [];
    this.#keptBytes = 0;
    this.#handler.onObject(data, this.#objectBytes, this.#objectAt, isCut);
  }

  #keep(part: Buffer): void {
    const kept = part.subarray(0, this.#objectBytesMax - this.#keptBytes);
    if (kept.length === 0) return;
    this.#parts.push(Buffer.from(kept));
    this.#keptBytes += kept.length;
  }

  #findEnd(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0;
      at += 1;
      if (this.#isInString) this.#readStringByte(byte);
      else if (byte === QUOTE) this.#isInString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --this.#depth === 0) return at;
    }
    return at;
  }

  #readStringByte(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }
}

function isFiller(byte: number): boolean {
  return byte === COMMA || byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
