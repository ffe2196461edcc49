import type { HttpResponse } from '@tollgate/uws';
import { OK_LINE, type ResponseHead } from './build-response-head.ts';
import type { AddressSource } from './client-request.ts';
import type { RequestBody } from './request-body.ts';
import type { ResponseTransport } from './response-writer.ts';

/** What all answers of a server share. */
export interface AnswerHost {
  /** How long a refused client may go on sending before it is cut. */
  readonly lingerMs: number;
  /** How long a client may take nothing of an answer that waits for it. */
  readonly stallMs: number;
  /** Called for each answer before it is made. */
  enter(): void;
  /** Called once an answer, when it has left this process or never will. */
  leave(): void;
}

/** What the answer has to know of its request. */
export interface AnsweredRequest {
  readonly isHead: boolean;
  /** The connection must not be used again: the borders of its requests are in doubt. */
  readonly closes: boolean;
  readonly body: RequestBody;
}

export interface WritableListener {
  /** Called in a later turn of the loop, when bytes that were held back have moved on. */
  becomeWritable(): void;
}

/** Above this a whole body is kept here and handed over as the client takes it. */
const COPIED_BODY_BYTES_MAX = 64 * 1024;
/** A refused client that sends more than this is cut at once. */
const LINGER_BYTES_MAX = 64 * 1024 * 1024;
/** A stall is looked at so often; far below uWebSockets.js's own time-out. */
const STALL_STEP_MS_MAX = 5_000;
/** In so many looks a stall is over, or more: one that comes late, after a standstill of this process, counts once. */
const STALL_STEPS_MIN = 12;
const NOTHING = (): void => {};
const NO_ADDRESS = new Uint8Array(0);

/**
 * Answers on uWebSockets.js. What was found out about it, by experiment with 20.57:
 * - It never cuts an answer that is silent, before its first byte or between two.
 * - It cuts a client that stops sending, or sends a body below 16 KB/s, within 28 to 32 s. So it does with one that
 *   takes nothing for as long after a write that was held back: `stallMs` is our own bound (see #restartTimeOut).
 * - `end(…, closeConnection)` after `write` puts a `Connection: close` line into the body. Not used here.
 * - After `onWritable` the bytes that it holds stay where they are until the next write (see #flush).
 * - Its response object must not be touched once ended, closed or aborted.
 */
export class NativeResponse implements ResponseTransport, AddressSource {
  readonly #response: HttpResponse;
  readonly #request: AnsweredRequest;
  readonly #host: AnswerHost;
  #isOver = false;
  #isEndedForHead = false;
  #lingerTimer: NodeJS.Timeout | null = null;
  #stallTimer: NodeJS.Timeout | null = null;
  #stallSteps = 0;
  /** A large whole body on its way. */
  #whole: Buffer | null = null;
  #listener: WritableListener | null = null;
  // One closure a stream, not one a chunk: cork wants a function.
  #chunk: Buffer | null = null;
  #isChunkTaken = true;
  #writeChunk: (() => void) | null = null;

  constructor(response: HttpResponse, request: AnsweredRequest, host: AnswerHost) {
    this.#response = response;
    this.#request = request;
    this.#host = host;
  }

  listen(listener: WritableListener): void {
    this.#listener = listener;
  }

  readAddress(): Uint8Array {
    return this.#isOver ? NO_ADDRESS : new Uint8Array(this.#response.getRemoteAddress());
  }

  /** Only an answer in pieces can be held up. */
  #watchWritable(): void {
    this.#response.onWritable((offset) => {
      this.#endStall();
      if (this.#whole !== null) return this.#continueWhole(this.#whole, offset);
      setImmediate(() => this.#flush());
      return true;
    });
  }

  #flush(): void {
    if (this.#isOver) return;
    // An empty cork makes uWebSockets.js send what it holds; without it the client waits for the next write.
    this.#response.cork(NOTHING);
    this.#listener?.becomeWritable();
  }

  /** uWebSockets.js's news: the connection is gone, by either side. */
  abort(): void {
    this.#finish();
  }

  sendWhole(head: ResponseHead, body: string | Buffer): void {
    if (this.#request.body.isReceived) return this.#endWhole(head, body);
    // Bytes that came in one packet with the head are handed over just after the handler: look again then.
    setImmediate(() => {
      if (this.#isOver) return;
      if (this.#request.body.isReceived) this.#endWhole(head, body);
      else this.#endUnread(head, body);
    });
  }

  writeFirst(head: ResponseHead, chunk: Buffer): boolean {
    if (this.#isOver) return true;
    if (this.#request.isHead) return this.#endHead(head);
    this.#watchWritable();
    this.#response.cork(() => {
      this.#writeHead(head);
      this.#isChunkTaken = this.#response.write(chunk);
    });
    return this.#watchStall(this.#isChunkTaken);
  }

  write(chunk: Buffer): boolean {
    if (this.#isOver || this.#isEndedForHead) return true;
    this.#chunk = chunk;
    this.#writeChunk ??= this.#createChunkWriter();
    this.#response.cork(this.#writeChunk);
    return this.#watchStall(this.#isChunkTaken);
  }

  #createChunkWriter(): () => void {
    return () => {
      if (this.#chunk !== null) this.#isChunkTaken = this.#response.write(this.#chunk);
    };
  }

  endStream(head: ResponseHead | null, last: Buffer): void {
    if (this.#isOver) return;
    if (head !== null && this.#request.isHead) this.#endHead(head);
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
    if (isLarge && !this.#request.isHead && !this.#request.closes) {
      return this.#startWhole(head, Buffer.from(body));
    }
    this.#response.cork(() => {
      this.#writeLines(head);
      if (this.#request.isHead) this.#response.endWithoutBody(Buffer.byteLength(body), this.#request.closes);
      else this.#response.end(body, this.#request.closes);
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
    const stepMs = Math.min(this.#host.stallMs / STALL_STEPS_MIN, STALL_STEP_MS_MAX);
    this.#stallSteps = Math.ceil(this.#host.stallMs / stepMs);
    this.#stallTimer = setInterval(() => this.#passStall(), stepMs);
    this.#stallTimer.unref();
    return false;
  }

  #passStall(): void {
    this.#stallSteps -= 1;
    if (this.#stallSteps > 0) return this.#restartTimeOut();
    // Timers run before sockets: what became writable while this process stood still is heard first.
    setImmediate(() => {
      // The close tells everybody, as if the client had left.
      if (this.#stallTimer !== null && this.#stallSteps <= 0) this.#response.close();
    });
  }

  /** Of all calls that begin uWebSockets.js's time-out anew only these two send nothing. */
  #restartTimeOut(): void {
    // A body that is paused on purpose must stay so.
    if (!this.#request.body.isReceived) return;
    this.#response.pause();
    this.#response.resume();
  }

  #endStall(): void {
    if (this.#stallTimer !== null) clearInterval(this.#stallTimer);
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
    const bytes = this.#request.isHead ? Buffer.alloc(0) : Buffer.from(body);
    const rest = Buffer.concat([Buffer.from(`${bytes.length + 2}\r\n\r\n`), bytes]);
    this.#response.cork(() => {
      this.#writeLines(head);
      this.#response.writeHeader('Connection', 'close').writeHeader('Content-Length', rest);
    });
    this.#linger();
  }

  #linger(): void {
    let leftBytes = LINGER_BYTES_MAX;
    this.#lingerTimer = setTimeout(() => this.close(), this.#host.lingerMs);
    this.#lingerTimer.unref();
    this.#request.body.discard((bytes, isLast) => {
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
    if (this.#request.closes || !this.#request.body.isReceived) {
      this.#response.writeHeader('Connection', 'close');
    }
  }

  #writeLines(head: ResponseHead): void {
    if (head.line !== OK_LINE) this.#response.writeStatus(head.line);
    this.#response.writeHeader('x-request-id', head.lines);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#lingerTimer !== null) clearTimeout(this.#lingerTimer);
    this.#endStall();
    this.#chunk = null;
    this.#whole = null;
    this.#host.leave();
  }
}
