import { RespError, type RespValue } from './reply.ts';

/** The bytes are no RESP2, or claim sizes that no reply of ours has. */
export class RespProtocolError extends Error {
  override readonly name = 'RespProtocolError';
}

/** A status, an error or a number. The longest are errors of scripts. */
const LINE_BYTES_MAX = 64 * 1024;
const BULK_BYTES_MAX = 64 * 1024 * 1024;
const ARRAY_ITEMS_MAX = 1024 * 1024;
const DEPTH_MAX = 16;

const CR = 0x0d;
const LF = 0x0a;
const MINUS = 0x2d;
const TYPE = { simple: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;
const NOTHING = Buffer.alloc(0);

/** An array was begun: its items follow. */
const OPENED = Symbol('opened');

interface OpenArray {
  items: RespValue[];
  size: number;
}

/**
 * Decodes RESP2 from chunks, however they are cut. What has been read is never read again: items of an array
 * are kept while it is open, and the chunks of a long bulk string are put together once.
 */
export class ReplyDecoder {
  #bytes: Buffer = NOTHING;
  #at = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Not worth a look before so many bytes are held. */
  #neededBytes = 0;
  readonly #open: OpenArray[] = [];

  /**
   * Adds the replies that end in this chunk to `replies`. The chunk is not kept: its memory may be used again.
   * Throws RespProtocolError on garbage; replies before it have been added, and the decoder is of no more use.
   */
  decode(chunk: Buffer, replies: RespValue[]): void {
    if (!this.#take(chunk)) return;
    for (;;) {
      const value = this.#readValue();
      if (value === undefined) break;
      if (value === OPENED) continue;
      const reply = this.#place(value);
      if (reply !== undefined) replies.push(reply);
    }
    this.#hold();
  }

  #take(chunk: Buffer): boolean {
    this.#at = 0;
    if (this.#heldBytes === 0) {
      this.#bytes = chunk;
      return true;
    }
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return false;
    this.#bytes = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    this.#neededBytes = 0;
    return true;
  }

  #hold(): void {
    if (this.#at < this.#bytes.length) {
      this.#held.push(Buffer.from(this.#bytes.subarray(this.#at)));
      this.#heldBytes = this.#bytes.length - this.#at;
    }
    this.#bytes = NOTHING;
  }

  /** undefined = the rest has not come yet; nothing was read then. */
  #readValue(): RespValue | typeof OPENED | undefined {
    const start = this.#at;
    if (start >= this.#bytes.length) return undefined;
    const lineEnd = this.#findLineEnd(start + 1);
    if (lineEnd === -1) return undefined;
    this.#at = lineEnd + 2;
    switch (this.#bytes[start]) {
      case TYPE.bulk:
        return this.#readBulk(start, this.#parseSize(start + 1, lineEnd, BULK_BYTES_MAX));
      case TYPE.integer:
        return this.#parseInteger(start + 1, lineEnd);
      case TYPE.simple:
        return this.#bytes.toString('utf8', start + 1, lineEnd);
      case TYPE.error:
        return new RespError(this.#bytes.toString('utf8', start + 1, lineEnd));
      case TYPE.array:
        return this.#openArray(this.#parseSize(start + 1, lineEnd, ARRAY_ITEMS_MAX));
      default:
        throw new RespProtocolError('a reply of an unknown type');
    }
  }

  /** Index of the CR, or -1 when the line has not ended yet. */
  #findLineEnd(from: number): number {
    const end = this.#bytes.indexOf(CR, from);
    const length = (end === -1 ? this.#bytes.length : end) - from;
    if (length > LINE_BYTES_MAX) throw new RespProtocolError('a line without end');
    if (end === -1 || end + 1 >= this.#bytes.length) return -1;
    if (this.#bytes[end + 1] !== LF) throw new RespProtocolError('a line that ends without LF');
    return end;
  }

  #readBulk(start: number, size: number): string | null | undefined {
    if (size === -1) return null;
    const end = this.#at + size;
    if (end + 2 > this.#bytes.length) {
      this.#neededBytes = end + 2 - start;
      this.#at = start;
      return undefined;
    }
    if (this.#bytes[end] !== CR || this.#bytes[end + 1] !== LF) {
      throw new RespProtocolError('a bulk string that is longer than it says');
    }
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #openArray(size: number): RespValue | typeof OPENED {
    if (size === -1) return null;
    if (size === 0) return [];
    if (this.#open.length >= DEPTH_MAX) throw new RespProtocolError('arrays nested too deep');
    this.#open.push({ items: [], size });
    return OPENED;
  }

  /** Puts a value where it belongs. Gives the whole reply when this was its last part. */
  #place(value: RespValue): RespValue | undefined {
    let part = value;
    for (;;) {
      const inner = this.#open.at(-1);
      if (!inner) return part;
      inner.items.push(part);
      if (inner.items.length < inner.size) return undefined;
      this.#open.pop();
      part = inner.items;
    }
  }

  /** A length: -1 (null) or digits, at most `max`. */
  #parseSize(from: number, end: number, max: number): number {
    if (end - from === 2 && this.#bytes[from] === MINUS && this.#bytes[from + 1] === 0x31) return -1;
    const size = this.#parseDigits(from, end);
    if (size > max) throw new RespProtocolError('a reply that is too long');
    return size;
  }

  #parseInteger(from: number, end: number): number | string {
    const isNegative = this.#bytes[from] === MINUS;
    const size = this.#parseDigits(isNegative ? from + 1 : from, end);
    if (!Number.isSafeInteger(size)) return this.#bytes.toString('latin1', from, end);
    return isNegative && size !== 0 ? -size : size;
  }

  #parseDigits(from: number, end: number): number {
    // Redis's integers have 64 bits: 19 digits at most.
    if (from === end || end - from > 19) throw new RespProtocolError('a number that is none');
    let number = 0;
    for (let index = from; index < end; index += 1) {
      const digit = (this.#bytes[index] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) throw new RespProtocolError('a number that is none');
      number = number * 10 + digit;
    }
    return number;
  }
}
