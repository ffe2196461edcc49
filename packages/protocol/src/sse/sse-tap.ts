/** What a tap tells its owner. Buffers are only valid until the call returns: copy what is kept. */
export interface SseTapHandler {
  /**
   * How many bytes of data the owner wants of an event of this name (`''` = no `event:` line so far).
   * Only bytes that a chunk border cuts are ever dropped: an event inside one chunk always comes whole.
   */
  selectDataBytesMax(eventName: string): number;
  /**
   * A whole event, at its blank line. `startAt`: offset of its first byte in the stream. `isCut`: the data
   * passed the limit and `data` holds only its beginning; `dataBytes` is the true length.
   */
  onEvent(eventName: string, data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void;
  /** A line that no SSE field begins with: HTML, plain JSON, noise. Reported once. */
  onForeignLine(): void;
  /** Each such line when it has ended, without its line end; a long one that chunk borders cut may be cut short. */
  onForeignText?(line: Buffer, startAt: number): void;
  /** A comment line, whose first byte is at `at`: inside an event when that event's `startAt` is not behind it. */
  onComment?(at: number): void;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const EMPTY: Buffer = Buffer.alloc(0);
const LF_BYTES = Buffer.of(LF);
const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');
const ID = Buffer.from('id');
const RETRY = Buffer.from('retry');
const FIELDS = [DATA, EVENT, ID, RETRY];
/** A byte order mark and the longest field name: what follows cannot change what a line is. */
const FIELD_HEAD_BYTES = 8;
/** Real events have one data line; joining is quadratic, so an endless run of lines must not be joined. */
const DATA_LINES_MAX = 256;
const CARRY_BYTES_MIN = 512;
/** A larger carry is given back after its line, so that one big event does not fatten an idle stream. */
const CARRY_BYTES_KEPT = 4096;

/**
 * Reads server-sent events out of a stream that passes by, cut anywhere, without changing it
 * (WHATWG HTML §9.2.6: LF, CR or CRLF; BOM; comments; several data lines joined by LF). Nothing is decoded or
 * parsed here, and only what a chunk border cuts is copied.
 */
export class SseTap {
  readonly #handler: SseTapHandler;
  #carry = EMPTY;
  #carryBytes = 0;
  /** True length of the line that the carry is the beginning of. */
  #lineBytes = 0;
  #lineAt = 0;
  #offset = 0;
  #skipsLf = false;
  #isFirstLine = true;
  #isForeign = false;
  #eventName = '';
  #data = EMPTY;
  #dataBytes = 0;
  #dataLines = 0;
  #isDataCut = false;
  /** Whether `#data` still points into the chunk of the present push. */
  #isDataBorrowed = false;
  #eventAt = -1;

  constructor(handler: SseTapHandler) {
    this.#handler = handler;
  }

  /** Bytes seen so far. */
  get offset(): number {
    return this.#offset;
  }

  push(chunk: Buffer): void {
    let at = 0;
    if (this.#skipsLf && chunk.length > 0) {
      this.#skipsLf = false;
      if (chunk[0] === LF) at = 1;
    }
    // Each is searched for again only when it has been passed: a chunk without one is scanned once.
    let cr = chunk.indexOf(CR, at);
    let lf = chunk.indexOf(LF, at);
    while (at < chunk.length) {
      if (cr !== -1 && cr < at) cr = chunk.indexOf(CR, at);
      if (lf !== -1 && lf < at) lf = chunk.indexOf(LF, at);
      const end = cr !== -1 && (lf === -1 || cr < lf) ? cr : lf;
      if (end === -1) {
        this.#keepUnfinished(chunk, at);
        break;
      }
      this.#endLine(chunk, at, end);
      at = end + 1;
      if (end !== cr) continue;
      if (at === chunk.length) this.#skipsLf = true;
      else if (chunk[at] === LF) at += 1;
    }
    this.#offset += chunk.length;
    if (this.#isDataBorrowed) this.#ownData();
  }

  /**
   * The stream is over. An event without its blank line is dropped by every client, but what it says about
   * usage is still true: it is handed over all the same.
   */
  end(): void {
    if (this.#lineBytes > 0) this.#endLine(EMPTY, 0, 0);
    this.#endEvent();
  }

  #keepUnfinished(chunk: Buffer, at: number): void {
    if (this.#lineBytes === 0) this.#lineAt = this.#offset + at;
    const bytes = chunk.length - at;
    const wanted = Math.min(bytes, this.#lineBytesMax() - this.#carryBytes);
    if (wanted > 0) this.#appendToCarry(chunk, at, wanted);
    const isHead = this.#lineBytes < FIELD_HEAD_BYTES;
    this.#lineBytes += bytes;
    if (isHead && !isFieldStart(this.#carry, this.#carryBytes, this.#isFirstLine)) this.#reportForeign();
  }

  /** Room for the field name and the space after the colon on top of the data. */
  #lineBytesMax(): number {
    return this.#handler.selectDataBytesMax(this.#eventName) + 16;
  }

  #appendToCarry(chunk: Buffer, at: number, bytes: number): void {
    const needed = this.#carryBytes + bytes;
    if (needed > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(CARRY_BYTES_MIN, needed, this.#carry.length * 2));
      this.#carry.copy(grown, 0, 0, this.#carryBytes);
      this.#carry = grown;
    }
    chunk.copy(this.#carry, this.#carryBytes, at, at + bytes);
    this.#carryBytes = needed;
  }

  #endLine(chunk: Buffer, at: number, end: number): void {
    if (this.#lineBytes === 0) {
      this.#lineAt = this.#offset + at;
      this.#readLine(chunk, at, end, end - at, true);
      return;
    }
    if (end > at) this.#keepUnfinished(end === chunk.length ? chunk : chunk.subarray(0, end), at);
    const line = this.#carry;
    const kept = this.#carryBytes;
    const bytes = this.#lineBytes;
    this.#carryBytes = 0;
    this.#lineBytes = 0;
    this.#readLine(line, 0, kept, bytes, false);
    if (line.length > CARRY_BYTES_KEPT) this.#carry = EMPTY;
  }

  /** `bytes`: the true length of the line, of which [at, end) may be only the beginning. */
  #readLine(source: Buffer, at: number, end: number, bytes: number, isBorrowed: boolean): void {
    let start = at;
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (end - at >= 3 && hasBom(source, at)) start += 3;
    }
    if (start === end) {
      this.#endEvent();
      return;
    }
    if (this.#eventAt === -1) this.#eventAt = this.#lineAt + (start - at);
    this.#readField(source, start, end, bytes - (start - at) - (end - start), isBorrowed);
  }

  #readField(source: Buffer, at: number, end: number, missingBytes: number, isBorrowed: boolean): void {
    if (source[at] === COLON) {
      this.#handler.onComment?.(this.#lineAt);
      return;
    }
    const name = selectField(source, at, end);
    if (name === 'foreign') {
      this.#reportForeign();
      this.#handler.onForeignText?.(source.subarray(at, end), this.#lineAt);
      return;
    }
    if (name === 'other') return;
    let value = at + (name === 'data' ? 4 : 5);
    if (value < end) value += source[value + 1] === SPACE && value + 1 < end ? 2 : 1;
    if (name === 'event') this.#eventName = readName(source, value, end);
    else this.#addData(source, value, end, missingBytes, isBorrowed);
  }

  #addData(source: Buffer, at: number, end: number, missingBytes: number, isBorrowed: boolean): void {
    const part = source.subarray(at, end);
    this.#dataLines += 1;
    if (this.#dataLines === 1) {
      this.#dataBytes = part.length + missingBytes;
      this.#isDataCut = missingBytes > 0;
      this.#data = isBorrowed ? part : Buffer.from(part);
      this.#isDataBorrowed = isBorrowed;
      return;
    }
    this.#dataBytes += 1 + part.length + missingBytes;
    const isTooMuch =
      this.#dataLines > DATA_LINES_MAX || this.#dataBytes > this.#handler.selectDataBytesMax(this.#eventName);
    if (this.#isDataCut || isTooMuch) {
      this.#isDataCut = true;
      return;
    }
    this.#data = Buffer.concat([this.#data, LF_BYTES, part]);
    this.#isDataBorrowed = false;
    this.#isDataCut = missingBytes > 0;
  }

  /** The chunk belongs to the caller again after push(). */
  #ownData(): void {
    const bytesMax = this.#handler.selectDataBytesMax(this.#eventName);
    if (this.#data.length > bytesMax) this.#isDataCut = true;
    this.#data = Buffer.from(this.#data.subarray(0, bytesMax));
    this.#isDataBorrowed = false;
  }

  #endEvent(): void {
    if (this.#dataLines > 0) {
      this.#handler.onEvent(this.#eventName, this.#data, this.#dataBytes, this.#eventAt, this.#isDataCut);
    }
    this.#eventName = '';
    this.#data = EMPTY;
    this.#dataBytes = 0;
    this.#dataLines = 0;
    this.#isDataCut = false;
    this.#isDataBorrowed = false;
    this.#eventAt = -1;
  }

  #reportForeign(): void {
    if (this.#isForeign) return;
    this.#isForeign = true;
    this.#handler.onForeignLine();
  }
}

/** The name that each place has seen last: streams use the same few, and bytes compare faster than strings are made. */
const names: string[] = Array.from({ length: 128 }, () => '');
const NAME_BYTES_KEPT = 64;

function readName(source: Buffer, at: number, end: number): string {
  const bytes = end - at;
  if (bytes === 0) return '';
  // The length and two letters tell nearly all names of a protocol apart.
  const place = (bytes + (source[end - 1] ?? 0) * 5 + (source[at + (bytes >> 1)] ?? 0) * 11) & 127;
  const seen = names[place] ?? '';
  if (isText(source, at, end, seen)) return seen;
  const name = source.toString('latin1', at, end);
  if (bytes <= NAME_BYTES_KEPT) names[place] = name;
  return name;
}

function isText(source: Buffer, at: number, end: number, text: string): boolean {
  if (text.length !== end - at) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== source[at + index]) return false;
  }
  return true;
}

function hasBom(source: Buffer, at: number): boolean {
  return source[at] === BOM[0] && source[at + 1] === BOM[1] && source[at + 2] === BOM[2];
}

/** `event` and `data` matter; `id` and `retry` say nothing to a meter; any other name is foreign. */
function selectField(line: Buffer, at: number, end: number): 'event' | 'data' | 'other' | 'foreign' {
  if (hasName(line, at, end, DATA)) return 'data';
  if (hasName(line, at, end, EVENT)) return 'event';
  return hasName(line, at, end, ID) || hasName(line, at, end, RETRY) ? 'other' : 'foreign';
}

/** A field name ends at its colon or, without a value, at the end of the line. */
function hasName(line: Buffer, at: number, end: number, name: Buffer): boolean {
  const after = at + name.length;
  if (after > end || (after < end && line[after] !== COLON)) return false;
  for (let index = 0; index < name.length; index += 1) {
    if (line[at + index] !== name[index]) return false;
  }
  return true;
}

/** Whether the beginning of an unfinished line can still become a field: tells HTML from SSE at once. */
function isFieldStart(line: Buffer, bytes: number, isFirstLine: boolean): boolean {
  const beginsWithBom = isFirstLine && line[0] === BOM[0];
  if (beginsWithBom && bytes < BOM.length) return true;
  const at = beginsWithBom ? BOM.length : 0;
  if (bytes === at || line[at] === COLON) return true;
  return FIELDS.some((name) => {
    const length = Math.min(bytes - at, name.length);
    return name.subarray(0, length).equals(line.subarray(at, at + length));
  });
}
