const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER = 7;
const TRAILER_LF = 8;
const LAST_LF = 9;
const DONE = 10;

const CR = 13;
const LF = 10;
const TAB = 9;
const SEMICOLON = 59;
/** 13 hexadecimal digits are the most that a safe integer holds. */
const SIZE_DIGITS_MAX = 13;
/** Extensions and trailers say nothing to us: enough to be polite, too little to be fed for ever. */
const EXTENSION_BYTES_MAX = 1024;
const TRAILER_BYTES_MAX = 16 * 1024;

/**
 * Undoes chunked framing (RFC 9112 §7.1) over any cut of the bytes. Strict: hexadecimal digits, an optional
 * extension, CRLF everywhere. The payloads of one read are moved together in the given memory, so that a read
 * with many small chunks is one piece of data.
 */
export class ChunkDecoder {
  #stage = SIZE;
  /** Payload bytes of the present chunk that are still to come. */
  #left = 0;
  #digits = 0;
  /** Bytes of the present extension, or of all trailers. */
  #extraBytes = 0;
  problem: string | null = null;
  /** Where the payload of the last `push` lies. */
  payloadFrom = 0;
  payloadTo = 0;

  get isDone(): boolean {
    return this.#stage === DONE;
  }

  begin(): void {
    this.#beginChunk();
    this.problem = null;
  }

  /** Reads up to `to`, to the end of the body or to the first `problem`; the index behind what was read. */
  push(bytes: Buffer, from: number, to: number): number {
    this.payloadFrom = from;
    this.payloadTo = from;
    let at = from;
    while (at < to && this.#stage !== DONE && this.problem === null) {
      if (this.#stage === DATA) at = this.#takePayload(bytes, at, to);
      else {
        this.#readFraming(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at;
  }

  #beginChunk(): void {
    this.#stage = SIZE;
    this.#left = 0;
    this.#digits = 0;
    this.#extraBytes = 0;
  }

  #takePayload(bytes: Buffer, at: number, to: number): number {
    const end = Math.min(to, at + this.#left);
    if (this.payloadFrom === this.payloadTo) this.payloadFrom = this.payloadTo = at;
    if (this.payloadTo !== at) bytes.copyWithin(this.payloadTo, at, end);
    this.payloadTo += end - at;
    this.#left -= end - at;
    if (this.#left === 0) this.#stage = DATA_CR;
    return end;
  }

  #readFraming(byte: number): void {
    switch (this.#stage) {
      case SIZE:
        return this.#readSize(byte);
      case EXTENSION:
        return this.#readExtra(byte, EXTENSION_BYTES_MAX, SIZE_LF);
      case SIZE_LF:
        return this.#expect(byte, LF, this.#left === 0 ? TRAILER_START : DATA);
      case DATA_CR:
        return this.#expect(byte, CR, DATA_LF);
      case DATA_LF:
        return this.#endChunk(byte);
      case TRAILER_START:
        this.#stage = TRAILER;
        if (byte === CR) this.#stage = LAST_LF;
        else this.#readExtra(byte, TRAILER_BYTES_MAX, TRAILER_LF);
        return;
      case TRAILER:
        return this.#readExtra(byte, TRAILER_BYTES_MAX, TRAILER_LF);
      case TRAILER_LF:
        return this.#expect(byte, LF, TRAILER_START);
      default:
        return this.#expect(byte, LF, DONE);
    }
  }

  #readSize(byte: number): void {
    const digit = parseHexDigit(byte);
    if (digit !== -1 && this.#digits < SIZE_DIGITS_MAX) {
      this.#left = this.#left * 16 + digit;
      this.#digits += 1;
    } else if (this.#digits === 0) this.problem = 'a chunk without a size';
    else if (byte === CR) this.#stage = SIZE_LF;
    else if (byte === SEMICOLON) this.#stage = EXTENSION;
    else this.problem = 'a bad chunk size';
  }

  #readExtra(byte: number, bytesMax: number, next: number): void {
    this.#extraBytes += 1;
    if (byte === CR) this.#stage = next;
    else if ((byte < 32 && byte !== TAB) || byte === 127) this.problem = 'a control character in the framing';
    else if (this.#extraBytes > bytesMax) this.problem = 'too much between the chunks';
  }

  #endChunk(byte: number): void {
    if (byte === LF) this.#beginChunk();
    else this.problem = 'a chunk longer than its size';
  }

  #expect(byte: number, wanted: number, next: number): void {
    if (byte === wanted) this.#stage = next;
    else this.problem = wanted === CR ? 'a chunk longer than its size' : 'a line without its end';
  }
}

/** −1 = none. */
function parseHexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
