import type { RequestId, TollgateError } from '@tollgate/core';
import { type ResponseHead, buildResponseHead } from './build-response-head.ts';
import type { ErrorShape } from '@tollgate/protocol';
import type { ResponseWriter, WriterState } from './port.ts';
import { type WriterEvent, nextWriterState } from './response-state.ts';

/** One connection's answer as the writer needs it; native-response.ts puts it on uWebSockets.js. */
export interface ResponseTransport {
  sendWhole(head: ResponseHead, body: string | Buffer): void;
  /** The first bytes of a stream, with its head. false = back-pressure, `onWritable` follows. */
  writeFirst(head: ResponseHead, chunk: Buffer): boolean;
  write(chunk: Buffer): boolean;
  /** Ends a stream; with a head if no byte was written. */
  endStream(head: ResponseHead | null): void;
  close(): void;
}

/** A caller that goes on writing against back-pressure is cut here: the rest would pile up in memory. */
const BLOCKED_BYTES_MAX = 4 * 1024 * 1024;

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
    this.#transport.sendWhole(head, body);
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

  end(): void {
    if (this.#enter('end')) this.#endNow();
  }

  cut(): void {
    if (this.#enter('cut')) this.#transport.close();
  }

  /** The transport's news: the client is gone. */
  leave(): void {
    if (this.#enter('leave')) this.onAbort?.();
  }

  /** The transport's news: it can take more. */
  becomeWritable(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#blockedBytes = 0;
    if (this.#endsWhenWritable) this.#transport.endStream(null);
    else if (this.#state === 'streaming') this.onDrain?.();
  }

  #enter(event: WriterEvent): boolean {
    const next = nextWriterState(this.#state, event);
    if (next !== null) this.#state = next;
    return next !== null;
  }

  #put(chunk: Buffer): void {
    if (this.#isBlocked) this.#blockedBytes += chunk.length;
    if (this.#blockedBytes > BLOCKED_BYTES_MAX) return this.#giveUp();
    const head = this.#head;
    this.#head = null;
    const isTaken = head === null ? this.#transport.write(chunk) : this.#transport.writeFirst(head, chunk);
    if (!isTaken) this.#isBlocked = true;
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
    else this.#transport.endStream(this.#head);
  }
}

function buildErrorHeaders(error: TollgateError): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(0, Math.ceil(error.retryAfterMs / 1000)));
  }
  return headers;
}
