import type { UpstreamCall, UpstreamFault, UpstreamHandler, UpstreamRequest } from '../port.ts';
import type { AnswerTarget } from './answer-parser.ts';

/** Who carries a call at present: a connection, or the queue for one. */
export interface CallCarrier {
  pause(): void;
  resume(): void;
  /** The call is over for its caller. */
  drop(call: Http1Call): void;
}

/** One request on its way: joins the caller's handler and what carries the call. */
export class Http1Call implements UpstreamCall, AnswerTarget {
  readonly request: UpstreamRequest;
  /** The request's first lines, ready to be written. */
  readonly head: string;
  readonly #handler: UpstreamHandler;
  #carrier: CallCarrier | null = null;
  #isPaused = false;
  #isOver = false;

  constructor(request: UpstreamRequest, head: string, handler: UpstreamHandler) {
    this.request = request;
    this.head = head;
    this.#handler = handler;
  }

  get isHalted(): boolean {
    return this.#isPaused || this.#isOver;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  attach(carrier: CallCarrier): void {
    this.#carrier = carrier;
  }

  pause(): void {
    if (this.#isPaused || this.#isOver) return;
    this.#isPaused = true;
    this.#carrier?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // What has been read already is told at once, which must never happen inside a callback.
    process.nextTick(continueReading, this);
  }

  continueReading(): void {
    if (!this.isHalted) this.#carrier?.resume();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#release()?.drop(this);
  }

  onHeaders(status: number, headers: Record<string, string>): void {
    this.#handler.onHeaders(status, headers);
  }

  onData(chunk: Buffer): void {
    this.#handler.onData(chunk);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#carrier = null;
    this.#handler.onEnd();
  }

  fail(fault: UpstreamFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#carrier = null;
    this.#handler.onError(fault);
  }

  /** A fault inside `send`: its caller hears of it when `send` has returned. */
  failLater(fault: UpstreamFault): void {
    process.nextTick(deliverFault, this, fault);
  }

  #release(): CallCarrier | null {
    const carrier = this.#carrier;
    this.#carrier = null;
    return carrier;
  }
}

function continueReading(call: Http1Call): void {
  call.continueReading();
}

function deliverFault(call: Http1Call, fault: UpstreamFault): void {
  call.fail(fault);
}
