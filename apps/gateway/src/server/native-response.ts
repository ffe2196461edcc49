import type { HttpResponse } from '@tollgate/uws';
import type { ResponseHead } from './build-response-head.ts';
import type { AddressSource } from './client-request.ts';
import type { RequestBody } from './request-body.ts';
import type { ResponseTransport } from './response-writer.ts';

export interface NativeResponseOptions {
  isHead: boolean;
  /** The connection must not be used again: the borders of its requests are in doubt. */
  closes: boolean;
  /** How long a refused client may go on sending before it is cut. */
  lingerMs: number;
  /** How long a client may take nothing of an answer that waits for it. */
  stallMs: number;
  body: RequestBody;
  /** Called once, when the answer has left this process or never will. */
  onFinished(): void;
}

/** Above this a whole body is kept here and handed over as the client takes it. */
const COPIED_BODY_BYTES_MAX = 64 * 1024;
/** A refused client that sends more than this is cut at once. */
const LINGER_BYTES_MAX = 64 * 1024 * 1024;
const NOTHING = (): void => {};
const NO_ADDRESS = new Uint8Array(0);
/** What uWebSockets.js writes unasked. */
const DEFAULT_LINE = '200 OK';

/**
 * Answers on uWebSockets.js. What was found out about it, by experiment with 20.57:
 * - It never cuts an answer that is silent, before its first byte or between two.
 * - It cuts a client that stops sending, or sends a body below 16 KB/s, within 28 to 32 s. A client that stops
 *   reading it cuts only sometimes, depending on how the bytes were written: `stallMs` is our own bound.
 * - `end(…, closeConnection)` after `write` puts a `Connection: close` line into the body. Not used here.
 * - After `onWritable` the bytes that it holds stay where they are until the next write (see #flush).
 * - Its response object must not be touched once ended, closed or aborted.
 */
export class NativeResponse implements ResponseTransport, AddressSource {
  readonly #response: HttpResponse;
  readonly #options: NativeResponseOptions;
  #isOver = false;
  #isEndedForHead = false;
  #lingerTimer: NodeJS.Timeout | null = null;
  #stallTimer: NodeJS.Timeout | null = null;
  /** A large whole body on its way. */
  #whole: Buffer | null = null;
  #onWritable: () => void = NOTHING;
  // One closure a connection, not one a chunk: cork wants a function.
  #chunk: Buffer | null = null;
  #isChunkTaken = true;
  readonly #writeChunk = (): void => {
    if (this.#chunk !== null) this.#isChunkTaken = this.#response.write(this.#chunk);
  };
  readonly #flush = (): void => {
    if (this.#isOver) return;
    // An empty cork makes uWebSockets.js send what it holds; without it the client waits for the next write.
    this.#response.cork(NOTHING);
    this.#onWritable();
  };

  constructor(response: HttpResponse, options: NativeResponseOptions) {
    this.#response = response;
    this.#options = options;
  }

  /** `onWritable`: called in a later turn of the loop, when bytes that were held back have moved on. */
  listen(onWritable: () => void): void {
    this.#onWritable = onWritable;
  }

  readAddress(): Uint8Array {
    return this.#isOver ? NO_ADDRESS : new Uint8Array(this.#response.getRemoteAddress());
  }

  /** Only an answer in pieces can be held up. */
  #watchWritable(): void {
    this.#response.onWritable((offset) => {
      this.#endStall();
      if (this.#whole !== null) return this.#continueWhole(this.#whole, offset);
      setImmediate(this.#flush);
      return true;
    });
  }

  /** uWebSockets.js's news: the connection is gone, by either side. */
  abort(): void {
    this.#finish();
  }

  sendWhole(head: ResponseHead, body: string | Buffer): void {
    if (this.#options.body.isReceived) return this.#endWhole(head, body);
    // Bytes that came in one packet with the head are handed over just after the handler: look again then.
    setImmediate(() => {
      if (this.#isOver) return;
      if (this.#options.body.isReceived) this.#endWhole(head, body);
      else this.#endUnread(head, body);
    });
  }

  writeFirst(head: ResponseHead, chunk: Buffer): boolean {
    if (this.#isOver) return true;
    if (this.#options.isHead) return this.#endHead(head);
    this.#watchWritable();
    this.#chunk = chunk;
    this.#response.cork(() => {
      this.#writeHead(head);
      this.#writeChunk();
    });
    return this.#watchStall(this.#isChunkTaken);
  }

  write(chunk: Buffer): boolean {
    if (this.#isOver || this.#isEndedForHead) return true;
    this.#chunk = chunk;
    this.#response.cork(this.#writeChunk);
    return this.#watchStall(this.#isChunkTaken);
  }

  endStream(head: ResponseHead | null, last: Buffer): void {
    if (this.#isOver) return;
    if (head !== null && this.#options.isHead) this.#endHead(head);
    else if (!this.#isEndedForHead) this.#endChunks(head, last);
    this.#finish();
  }

  close(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#response.close();
  }

  /** The last bytes and the end travel in one packet, instead of one system call each. */
  #endChunks(head: ResponseHead | null, last: Buffer): void {
    this.#response.cork(() => {
      if (head !== null) this.#writeHead(head);
      // An empty chunk would be the end itself.
      if (last.length > 0) this.#response.write(last);
      this.#response.end();
    });
  }

  #endWhole(head: ResponseHead, body: string | Buffer): void {
    const isLarge = body.length > COPIED_BODY_BYTES_MAX;
    if (isLarge && !this.#options.isHead && !this.#options.closes) {
      return this.#startWhole(head, Buffer.from(body));
    }
    this.#response.cork(() => {
      this.#writeLines(head);
      if (this.#options.isHead) this.#response.endWithoutBody(Buffer.byteLength(body), this.#options.closes);
      else this.#response.end(body, this.#options.closes);
    });
    this.#finish();
  }

  #startWhole(head: ResponseHead, body: Buffer): void {
    this.#whole = body;
    this.#watchWritable();
    this.#response.cork(() => {
      this.#writeLines(head);
      this.#continueWhole(body, 0);
    });
  }

  #continueWhole(body: Buffer, offset: number): boolean {
    const [isTaken, isDone] = this.#response.tryEnd(body.subarray(offset), body.length);
    if (isDone) this.#finish();
    else this.#watchStall(isTaken);
    return isTaken;
  }

  #watchStall(isTaken: boolean): boolean {
    if (isTaken || this.#stallTimer !== null) return isTaken;
    // The close tells everybody, as if the client had left.
    this.#stallTimer = setTimeout(() => this.#response.close(), this.#options.stallMs);
    this.#stallTimer.unref();
    return false;
  }

  #endStall(): void {
    if (this.#stallTimer !== null) clearTimeout(this.#stallTimer);
    this.#stallTimer = null;
  }

  /**
   * Answers a client that is still sending. Closing now would reset the connection, and a reset may reach the
   * client before it has read the answer (RFC 9112 §9.6): the answer goes out whole, the rest of the body is
   * thrown away as it comes, and the connection ends with the body or after `lingerMs`.
   * `end` would give up control of the connection, so the body travels behind the last header. That puts a CRLF
   * after it, which is counted as part of the body (white space to a JSON parser).
   */
  #endUnread(head: ResponseHead, body: string | Buffer): void {
    const bytes = this.#options.isHead ? Buffer.alloc(0) : Buffer.from(body);
    const rest = Buffer.concat([Buffer.from(`${bytes.length + 2}\r\n\r\n`), bytes]);
    this.#response.cork(() => {
      this.#writeLines(head);
      this.#response.writeHeader('Connection', 'close').writeHeader('Content-Length', rest);
    });
    this.#linger();
  }

  #linger(): void {
    let leftBytes = LINGER_BYTES_MAX;
    this.#lingerTimer = setTimeout(() => this.close(), this.#options.lingerMs);
    this.#lingerTimer.unref();
    this.#options.body.discard((bytes, isLast) => {
      leftBytes -= bytes;
      if (isLast || leftBytes < 0) this.close();
    });
  }

  #endHead(head: ResponseHead): true {
    this.#isEndedForHead = true;
    this.#response.cork(() => {
      this.#writeLines(head);
      this.#response.endWithoutBody();
    });
    return true;
  }

  #writeHead(head: ResponseHead): void {
    this.#writeLines(head);
    if (this.#options.closes || !this.#options.body.isReceived) {
      this.#response.writeHeader('Connection', 'close');
    }
  }

  #writeLines(head: ResponseHead): void {
    if (head.line !== DEFAULT_LINE) this.#response.writeStatus(head.line);
    const { headers } = head;
    const first = headers[0];
    if (first === undefined) return;
    // One crossing into native code for all of them: the lines behind the first travel in its value.
    let value = first[1];
    for (const line of headers) if (line !== first) value += `\r\n${line[0]}: ${line[1]}`;
    this.#response.writeHeader(first[0], value);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#lingerTimer !== null) clearTimeout(this.#lingerTimer);
    this.#endStall();
    this.#chunk = null;
    this.#whole = null;
    this.#options.onFinished();
  }
}
