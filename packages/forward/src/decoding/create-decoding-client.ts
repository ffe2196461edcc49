import type { Transform } from 'node:stream';
import type { UpstreamCall, UpstreamClient, UpstreamFault, UpstreamHandler } from '../port.ts';
import { findCoding, type Coding } from './find-coding.ts';

/**
 * Undoes the content coding of upstreams that compress although identity was asked for: metering and failover
 * read the bytes, so the client gets them plain, without the header. An answer that only claims a coding
 * (proxies that decode and keep the header) passes as it is.
 */
export function createDecodingClient(inner: UpstreamClient): UpstreamClient {
  return {
    send(request, handler) {
      const call = new DecodingCall(handler);
      call.attach(inner.send(request, call));
      return call;
    },
    close: () => inner.close(),
  };
}

class DecodingCall implements UpstreamHandler, UpstreamCall {
  readonly #handler: UpstreamHandler;
  #inner: UpstreamCall | null = null;
  /** Known from the headers; decided by the first bytes. */
  #coding: Coding | null = null;
  #decoder: Transform | null = null;
  #isPaused = false;
  #isOver = false;

  constructor(handler: UpstreamHandler) {
    this.#handler = handler;
  }

  attach(inner: UpstreamCall): void {
    this.#inner = inner;
  }

  onHeaders(status: number, headers: Record<string, string>): void {
    this.#coding = findCoding(headers);
    if (this.#coding === null) return this.#handler.onHeaders(status, headers);
    const { 'content-encoding': _coding, 'content-length': _length, ...plain } = headers;
    return this.#handler.onHeaders(status, plain);
  }

  onData(chunk: Buffer): void {
    if (this.#coding !== null) this.#decide(this.#coding, chunk);
    if (this.#decoder === null) return this.#handler.onData(chunk);
    // The decoder works later, and the chunk's memory is not ours.
    if (!this.#decoder.write(Buffer.from(chunk))) this.#inner?.pause();
  }

  onEnd(): void {
    if (this.#decoder === null) this.#handler.onEnd();
    else this.#decoder.end();
  }

  onError(fault: UpstreamFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#decoder?.destroy();
    this.#handler.onError(fault);
  }

  pause(): void {
    this.#isPaused = true;
    this.#decoder?.pause();
    this.#inner?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#decoder?.resume();
    this.#inner?.resume();
  }

  abort(): void {
    this.#isOver = true;
    this.#decoder?.destroy();
    this.#inner?.abort();
  }

  #decide(coding: Coding, chunk: Buffer): void {
    this.#coding = null;
    if (!coding.canBeginWith(chunk)) return;
    this.#decoder = coding
      .create()
      .on('data', (bytes: Buffer) => {
        if (!this.#isOver) this.#handler.onData(bytes);
      })
      .on('drain', () => {
        if (!this.#isPaused) this.#inner?.resume();
      })
      .on('end', () => {
        if (!this.#isOver) this.#handler.onEnd();
      })
      .on('error', (error: Error) => {
        this.#inner?.abort();
        this.onError({ kind: 'protocol', detail: `content coding: ${error.message}`, isStaleSocket: false });
      });
  }
}
