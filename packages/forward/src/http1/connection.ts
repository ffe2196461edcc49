import type { Socket } from 'node:net';
import { describeError, mapDialError } from '../map-dial-error.ts';
import type { UpstreamFault } from '../port.ts';
import { AnswerParser } from './answer-parser.ts';
import type { CallCarrier, Http1Call } from './http1-call.ts';
import { writeRequest } from './write-request.ts';

/** Who owns connections (an origin's pool). */
export interface ConnectionOwner {
  /** The answer is whole, and the connection may carry another request. */
  release(connection: Connection): void;
  /** The connection is of no use any more. Called once. */
  remove(connection: Connection): void;
  /** For the next dial; undefined = the last one did not get through. */
  keepSession(session: Buffer | undefined): void;
}

const NO_BYTES: Buffer = Buffer.alloc(0);
const TCP_KEEP_ALIVE_MS = 60_000;
/** undici's figures: stop before the upstream does, and do not believe every promise. */
const HINT_MARGIN_MS = 2000;
const HINT_MAX_MS = 600_000;

/** One socket and the requests that it carries, one after the other. */
export class Connection implements CallCarrier {
  readonly #owner: ConnectionOwner;
  readonly #parser: AnswerParser;
  #socket: Socket | null = null;
  #dialTimer: NodeJS.Timeout | null = null;
  #call: Http1Call | null = null;
  #isConnected = false;
  #isDead = false;
  #isParsing = false;
  /** The present answer has begun. */
  #hasBytes = false;
  #isReused = false;
  /** What came while the call was paused; ours. */
  #stash: Buffer | null = null;
  /** How the socket ended while the call was paused. */
  #end: Error | 'end' | null = null;
  #isUnref = false;
  /** On the owner's monotonic scale; meaningful while idle. */
  idleUntilMs = 0;

  constructor(owner: ConnectionOwner, headBytesMax: number) {
    this.#owner = owner;
    this.#parser = new AnswerParser(headBytesMax);
  }

  /** Carries `call` once `open` has connected. Never calls back before it returns. */
  dial(call: Http1Call, open: (onRead: (bytes: number, buffer: Uint8Array) => boolean) => Socket): void {
    this.#call = call;
    call.attach(this);
    const { connectTimeoutMs } = call.request;
    const socket = open((length, buffer) => this.#read(buffer as Buffer, length));
    this.#socket = socket;
    socket.setNoDelay(true).setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => this.#connected());
    socket.on('session', (session: Buffer) => this.#owner.keepSession(session));
    socket.on('error', (error: Error) => this.#ended(error));
    socket.on('end', () => this.#ended('end'));
    socket.on('close', () => this.#ended('end'));
    if (connectTimeoutMs <= 0) return;
    this.#dialTimer = setTimeout(() => this.#timedOut(), connectTimeoutMs);
  }

  /** The connection must be idle. */
  send(call: Http1Call): void {
    this.#call = call;
    call.attach(this);
    this.#isReused = true;
    this.#begin();
  }

  /** How long to keep it idle, by the last answer; ≤ 0 = not at all. */
  selectKeepMs(defaultMs: number): number {
    const hintMs = this.#parser.keepAliveHintMs;
    return hintMs < 0 ? defaultMs : Math.min(hintMs - HINT_MARGIN_MS, HINT_MAX_MS);
  }

  /** An idle connection must not hold the process. */
  unref(): void {
    if (this.#isUnref) return;
    this.#isUnref = true;
    this.#socket?.unref();
  }

  /** Cuts it; a call that it carries ends with a fault. */
  destroy(reason: string): void {
    if (!this.#isDead) this.#fail(this.#isConnected ? 'reset' : 'refused', reason);
  }

  pause(): void {
    // While parsing, what `#read` returns stops the socket.
    if (this.#isConnected && !this.#isParsing) this.#socket?.pause();
  }

  resume(): void {
    if (!this.#isConnected || this.#isDead) return;
    const stash = this.#stash;
    this.#stash = null;
    this.#consume(stash ?? NO_BYTES, 0, stash?.length ?? 0);
    if (this.#isDead || this.#call?.isPaused === true) return;
    if (this.#end !== null) return this.#ended(this.#end);
    this.#socket?.resume();
  }

  drop(call: Http1Call): void {
    if (this.#call !== call) return;
    this.#call = null;
    this.#die();
  }

  #connected(): void {
    if (this.#isDead) return;
    this.#isConnected = true;
    this.#clearDialTimer();
    this.#begin();
    if (this.#call?.isPaused === true) this.pause();
  }

  #begin(): void {
    const call = this.#call;
    const socket = this.#socket;
    if (call === null || socket === null) return;
    if (this.#isUnref) {
      this.#isUnref = false;
      socket.ref();
    }
    this.#hasBytes = false;
    this.#parser.begin();
    writeRequest(socket, call.head, call.request.body);
  }

  /** false = stop reading. The memory is every connection's: nothing of it is kept. */
  #read(buffer: Buffer, length: number): boolean {
    const call = this.#call;
    if (call === null) {
      // Nobody asked: what comes now would be taken for the next answer.
      this.#die();
      return false;
    }
    this.#hasBytes = true;
    if (call.isPaused) {
      this.#keep(buffer.subarray(0, length));
      return false;
    }
    this.#consume(buffer, 0, length);
    return this.#call?.isPaused !== true;
  }

  #consume(bytes: Buffer, from: number, to: number): void {
    const call = this.#call;
    if (call === null) return;
    this.#isParsing = true;
    const at = this.#parser.push(bytes, from, to, call);
    this.#isParsing = false;
    if (this.#isDead) return;
    if (call.isPaused) {
      if (at < to) this.#keep(bytes.subarray(at, to));
    } else if (this.#parser.isFailed) this.#fail('protocol', this.#parser.problem);
    else if (this.#parser.isDone) this.#complete(call, at < to);
  }

  #keep(bytes: Buffer): void {
    // TLS may still tell of what it had decrypted when the reading stopped, so there can be more than one.
    this.#stash = this.#stash === null ? Buffer.from(bytes) : Buffer.concat([this.#stash, bytes]);
  }

  #complete(call: Http1Call, hasMore: boolean): void {
    this.#call = null;
    const socket = this.#socket;
    // An answer before the whole request was sent leaves the rest of it in the way of the next one.
    const isSent = socket !== null && socket.writableLength === 0;
    if (isSent && !hasMore && this.#parser.isKeepAlive && this.#end === null) this.#owner.release(this);
    else this.#die();
    call.end();
  }

  #ended(how: Error | 'end'): void {
    if (this.#isDead) return;
    if (!this.#isConnected) return this.#failDial(how);
    if (this.#call === null) return this.#die();
    if (this.#call.isPaused) {
      // The first one counts: `close` follows everything.
      this.#end ??= how;
      return;
    }
    if (how !== 'end') return this.#fail('reset', describeError(how));
    this.#finish(this.#call);
  }

  #finish(call: Http1Call): void {
    const verdict = this.#parser.finish();
    // Where the upstream had said that it would close, the close was meant, and the length is wrong.
    if (verdict === 'short' && !this.#parser.isKeepAlive)
      return this.#fail('protocol', 'the body is shorter than its length');
    if (verdict !== 'whole') return this.#fail('reset', 'the upstream closed the connection');
    this.#call = null;
    this.#die();
    call.end();
  }

  #failDial(how: Error | 'end'): void {
    // A session that the upstream no longer likes must not stand in the way of every later try.
    this.#owner.keepSession(undefined);
    if (how === 'end') this.#fail('refused', 'closed before it was connected');
    else this.#fail(mapDialError(how), describeError(how));
  }

  #timedOut(): void {
    if (!this.#isConnected && !this.#isDead) this.#fail('connect-timeout', 'no connection in time');
  }

  #fail(kind: UpstreamFault['kind'], detail: string): void {
    const call = this.#call;
    this.#call = null;
    this.#die();
    const isStaleSocket = kind === 'reset' && this.#isReused && !this.#hasBytes;
    call?.fail({ kind, detail, isStaleSocket });
  }

  #die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#stash = null;
    this.#clearDialTimer();
    this.#socket?.destroy();
    this.#owner.remove(this);
  }

  #clearDialTimer(): void {
    if (this.#dialTimer !== null) clearTimeout(this.#dialTimer);
    this.#dialTimer = null;
  }
}
