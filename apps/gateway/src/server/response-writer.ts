import type { RequestId, TollgateError } from '@tollgate/core';
import { type ResponseHead, addHeaders, buildResponseHead } from './build-response-head.ts';
import type { ErrorShape } from '@tollgate/protocol';
import type { ResponseWriter, WriterState } from './port.ts';
import { type WriterEvent, nextWriterState } from './response-state.ts';

/** One connection's answer as the writer needs it; native-response.ts puts it on uWebSockets.js. */
export interface ResponseTransport {
  sendWhole(head: ResponseHead, body: string | Buffer): void;
  /** The first bytes of a stream, with its head. false = back-pressure, `onWritable` follows. */
  writeFirst(head: ResponseHead, chunk: Buffer): boolean;
  write(chunk: Buffer): boolean;
  /** Ends a stream, with a head if no byte was written, in one piece with its `last` bytes. */
  endStream(head: ResponseHead | null, last: Buffer): void;
  close(): void;
}

/**
 * Against back-pressure uWebSockets.js gets little at a time: it cannot say how much it holds, and may take more with
 * each small step of a slow reader than that step has freed. What it has not got is kept here.
 */
const PIECE_BYTES = 64 * 1024;
const BLOCKED_PIECE_BYTES = 16 * 1024;
/** A caller that goes on writing against back-pressure is cut here: the rest would pile up in memory. */
const BLOCKED_BYTES_MAX = 4 * 1024 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** The writer of {@link ResponseWriter}: order, headers and back-pressure; no I/O of its own. */
export class UwsResponseWriter implements ResponseWriter {
  errorShape: ErrorShape;
  onAbort: (() => void) | null = null;
  onDrain: (() => void) | null = null;
  readonly #requestId: RequestId;
  readonly #transport: ResponseTransport;
  #state: WriterState = 'idle';
  /** Held until the first bytes: uWebSockets.js ends a head only with a chunk. */
  #head: ResponseHead | null = null;
  #isBlocked = false;
  #blockedBytes = 0;
  #queue: Buffer[] = [];
  #endsWhenWritable = false;

  constructor(requestId: RequestId, errorShape: ErrorShape, transport: ResponseTransport) {
    this.#requestId = requestId;
    this.errorShape = errorShape;
    this.#transport = transport;
  }

  get state(): WriterState {
    return this.#state;
  }

  send(status: number, headers: Record<string, string>, body: string | Buffer): void {
    if (!this.#enter('send')) return;
    this.#transport.sendWhole(buildResponseHead(status, headers, this.#requestId), body);
  }

  sendError(error: TollgateError): void {
    const wasStreaming = this.#state === 'streaming';
    if (!this.#enter('send-error')) return;
    if (wasStreaming) return this.#endWithError(error);
    const body = this.errorShape.buildBody(error, this.#requestId);
    const head = buildResponseHead(error.status, buildErrorHeaders(error), this.#requestId);
    this.#transport.sendWhole(error.code === 'upgrade_required' ? addUpgrade(head) : head, body);
  }

  startStream(status: number, headers: Record<string, string>): void {
    if (!this.#enter('start-stream')) return;
    this.#head = buildResponseHead(status, headers, this.#requestId);
  }

  write(chunk: Buffer): boolean {
    if (!this.#enter('write')) return true;
    if (chunk.length > 0) this.#put(chunk);
    return !this.#isBlocked;
  }

  end(last: Buffer = NO_BYTES): void {
    if (!this.#enter('end')) return;
    // What is larger, or has to wait, goes its own way: the transport takes it piece by piece.
    if (!this.#isBlocked && last.length <= PIECE_BYTES) return this.#transport.endStream(this.#head, last);
    if (last.length > 0) this.#put(last);
    this.#endNow();
  }

  cut(): void {
    if (this.#enter('cut')) this.#transport.close();
  }

  /** The transport's news: the client is gone. */
  leave(): void {
    this.#queue = [];
    if (this.#enter('leave')) this.onAbort?.();
  }

  /** The transport's news: it can take more. */
  becomeWritable(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#sendQueue();
    if (this.#isBlocked) return;
    this.#blockedBytes = 0;
    if (this.#endsWhenWritable) this.#transport.endStream(null, NO_BYTES);
    else if (this.#state === 'streaming') this.onDrain?.();
  }

  #enter(event: WriterEvent): boolean {
    const next = nextWriterState(this.#state, event);
    if (next !== null) this.#state = next;
    return next !== null;
  }

  #put(chunk: Buffer): void {
    if (this.#isBlocked) return this.#enqueue(chunk);
    let at = 0;
    while (at < chunk.length && !this.#isBlocked) {
      this.#sendPiece(chunk.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
    }
    if (at < chunk.length) this.#queue.push(Buffer.from(chunk.subarray(at)));
  }

  #sendPiece(piece: Buffer): void {
    const head = this.#head;
    this.#head = null;
    const isTaken = head === null ? this.#transport.write(piece) : this.#transport.writeFirst(head, piece);
    if (!isTaken) this.#isBlocked = true;
  }

  #enqueue(chunk: Buffer): void {
    this.#blockedBytes += chunk.length;
    if (this.#blockedBytes > BLOCKED_BYTES_MAX) return this.#giveUp();
    this.#queue.push(Buffer.from(chunk));
  }

  #sendQueue(): void {
    while (!this.#isBlocked) {
      const first = this.#queue[0];
      if (first === undefined) return;
      this.#sendPiece(first.subarray(0, BLOCKED_PIECE_BYTES));
      if (first.length > BLOCKED_PIECE_BYTES) this.#queue[0] = first.subarray(BLOCKED_PIECE_BYTES);
      else this.#queue.shift();
    }
  }

  #giveUp(): void {
    this.leave();
    this.#transport.close();
  }

  #endWithError(error: TollgateError): void {
    this.#put(Buffer.from(this.errorShape.buildStreamEvent(error, this.#requestId)));
    if (this.#state === 'ended') this.#endNow();
  }

  /** With bytes still queued the end waits for them, so that a closing server knows what is unfinished. */
  #endNow(): void {
    if (this.#isBlocked) this.#endsWhenWritable = true;
    else this.#transport.endStream(this.#head, NO_BYTES);
  }
}

/** RFC 9110 §15.5.22: a 426 names the protocol to use; §7.8: and `Connection` says so. Nobody else may write these. */
function addUpgrade(head: ResponseHead): ResponseHead {
  return addHeaders(head, ['upgrade: HTTP/1.1', 'connection: Upgrade']);
}

function buildErrorHeaders(error: TollgateError): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...error.headers };
  if (error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(0, Math.ceil(error.retryAfterMs / 1000)));
  }
  if (!error.shouldRetry) headers['x-should-retry'] = 'false';
  return headers;
}
