import type { Dispatcher } from 'undici';
import type { UpstreamCall, UpstreamFault, UpstreamHandler } from '../port.ts';
import { mapUndiciError } from './map-undici-error.ts';

type IncomingHeaders = Record<string, string | string[] | undefined>;

const ABORTED = new Error('aborted');

/** One request on its way through undici: joins undici's handler and our call. */
export class UndiciCall implements Dispatcher.DispatchHandler, UpstreamCall {
  readonly #handler: UpstreamHandler;
  #connection: { countUse(): boolean } | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #isSending = true;
  #isOver = false;
  #isPaused = false;
  #isReused = false;
  #hasAnswerBytes = false;

  constructor(handler: UpstreamHandler) {
    this.#handler = handler;
  }

  attach(connection: { countUse(): boolean }): void {
    this.#connection = connection;
  }

  /** `send` is about to return: from now on faults need no detour. */
  endSending(): void {
    this.#isSending = false;
  }

  pause(): void {
    this.#isPaused = true;
    this.#controller?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // undici parses at once on resume, which must never happen inside the parser's own callbacks.
    process.nextTick(resumeReading, this);
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // Without a controller the request has no connection yet; `onRequestStart` lets go of it then.
    this.#controller?.abort(ABORTED);
  }

  continueReading(): void {
    if (!this.#isOver && !this.#isPaused) this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) return controller.abort(ABORTED);
    if (this.#isPaused) controller.pause();
    this.#isReused = this.#connection?.countUse() ?? false;
  }

  onResponseStarted(): void {
    this.#hasAnswerBytes = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHeaders,
  ): void {
    // 1xx says nothing yet (RFC 9110 §15.2).
    if (this.#isOver || status < 200) return;
    this.#handler.onHeaders(status, joinHeaders(headers));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#handler.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isOver) return;
    const fault = mapUndiciError(error, this.#controller !== null);
    fault.isStaleSocket = fault.kind === 'reset' && this.#isReused && !this.#hasAnswerBytes;
    if (this.#isSending) process.nextTick(deliverFault, this, fault);
    else this.fail(fault);
  }

  fail(fault: UpstreamFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onError(fault);
  }
}

function resumeReading(call: UndiciCall): void {
  call.continueReading();
}

function deliverFault(call: UndiciCall, fault: UpstreamFault): void {
  call.fail(fault);
}

function joinHeaders(headers: IncomingHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
