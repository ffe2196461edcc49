import { ByteCollector } from '../attempt/byte-collector.ts';
import { type AnswerHead, parseAnswerHead } from './answer-head.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import { HeadScanner } from './scan-head.ts';

/** Who hears of an answer. */
export interface AnswerTarget {
  onHeaders(status: number, headers: Record<string, string>): void;
  onData(chunk: Buffer): void;
  /** Nothing more may be told at present: paused, or gone. Asked after each call. */
  readonly isHalted: boolean;
}

const HEAD = 0;
const SIZED = 1;
const CHUNKED = 2;
const UNTIL_CLOSE = 3;
const DONE = 4;
const FAILED = 5;

const BLANK_LINE_BYTES = 4;
const BEGINNING = Buffer.from('HTTP/1.');

/**
 * Reads the answers of one connection, one after the other, over any cut of their bytes. Tells the target of head
 * and data; the end and faults are states to be asked for, so that a halted target hears them later.
 */
export class AnswerParser {
  readonly #headBytesMax: number;
  readonly #scanner = new HeadScanner();
  #chunks: ChunkDecoder | null = null;
  /** A head that did not come in one read. */
  #partial: ByteCollector | null = null;
  /** Over all heads of this answer, the 1xx ones too: an endless row of those has the same bound. */
  #headBytes = 0;
  #stage = HEAD;
  #left = 0;
  problem = '';
  /** The upstream lets the connection be used again after this answer. */
  isKeepAlive = false;
  /** −1 = no hint. */
  keepAliveHintMs = -1;

  constructor(headBytesMax: number) {
    this.#headBytesMax = headBytesMax;
  }

  get isDone(): boolean {
    return this.#stage === DONE;
  }

  get isFailed(): boolean {
    return this.#stage === FAILED;
  }

  begin(): void {
    this.#beginHead();
    this.#headBytes = 0;
    this.isKeepAlive = false;
  }

  /** May move bytes inside the range. The index behind what was read: less than `to` when halted or over. */
  push(bytes: Buffer, from: number, to: number, target: AnswerTarget): number {
    let at = from;
    while (at < to && this.#stage < DONE && !target.isHalted) {
      if (this.#stage === HEAD) at = this.#readHead(bytes, at, to, target);
      else if (this.#stage === CHUNKED) at = this.#readChunks(bytes, at, to, target);
      else at = this.#readPlain(bytes, at, to, target);
    }
    return at;
  }

  /** The upstream has closed its side. `cut`: in the middle; `short`: less than its length. */
  finish(): 'whole' | 'cut' | 'short' {
    if (this.#stage === UNTIL_CLOSE || this.#stage === DONE) return 'whole';
    return this.#stage === SIZED ? 'short' : 'cut';
  }

  #beginHead(): void {
    this.#stage = HEAD;
    this.#scanner.begin();
    this.#partial = null;
  }

  #readHead(bytes: Buffer, from: number, to: number, target: AnswerTarget): number {
    const end = this.#scanner.scan(bytes, from, to);
    const headEnd = end === -1 ? to : end;
    this.#headBytes += headEnd - from;
    if (this.#scanner.isBad) this.#fail('a bad character or line end in the head');
    else if (this.#headBytes > this.#headBytesMax) this.#fail('a head over the limit');
    else if (end === -1) this.#keepPartial(bytes.subarray(from, to));
    else this.#endHead(this.#takeHeadText(bytes, from, headEnd), target);
    return headEnd;
  }

  #keepPartial(bytes: Buffer): void {
    this.#partial ??= new ByteCollector(this.#headBytesMax);
    this.#partial.push(bytes);
    const known = this.#partial.peek();
    const length = Math.min(known.length, BEGINNING.length);
    if (BEGINNING.compare(known, 0, length, 0, length) !== 0) this.#fail('no status line of HTTP/1');
  }

  #takeHeadText(bytes: Buffer, from: number, to: number): string {
    if (this.#partial === null) return bytes.toString('latin1', from, to - BLANK_LINE_BYTES);
    this.#partial.push(bytes.subarray(from, to));
    const whole = this.#partial.take();
    return whole.toString('latin1', 0, whole.length - BLANK_LINE_BYTES);
  }

  #endHead(text: string, target: AnswerTarget): void {
    const head = parseAnswerHead(text);
    if (typeof head === 'string') return this.#fail(head);
    if (head.status === 101) return this.#fail('an upgrade that nobody asked for');
    // 1xx says nothing yet (RFC 9110 §15.2).
    if (head.status < 200) return this.#beginHead();
    this.#partial = null;
    this.#beginBody(head);
    return target.onHeaders(head.status, head.headers);
  }

  /** RFC 9112 §6.3. */
  #beginBody(head: AnswerHead): void {
    this.isKeepAlive = head.isKeepAlive;
    this.keepAliveHintMs = head.keepAliveHintMs;
    if (head.isBodyless || head.contentLength === 0) this.#stage = DONE;
    else if (head.isChunked) {
      this.#stage = CHUNKED;
      this.#chunks ??= new ChunkDecoder();
      this.#chunks.begin();
    } else if (head.contentLength > 0) {
      this.#stage = SIZED;
      this.#left = head.contentLength;
    } else {
      this.#stage = UNTIL_CLOSE;
      this.isKeepAlive = false;
    }
  }

  #readPlain(bytes: Buffer, from: number, to: number, target: AnswerTarget): number {
    if (this.#stage === UNTIL_CLOSE) {
      target.onData(bytes.subarray(from, to));
      return to;
    }
    const end = Math.min(to, from + this.#left);
    this.#left -= end - from;
    if (this.#left === 0) this.#stage = DONE;
    target.onData(bytes.subarray(from, end));
    return end;
  }

  #readChunks(bytes: Buffer, from: number, to: number, target: AnswerTarget): number {
    const chunks = this.#chunks;
    if (chunks === null) return to;
    const at = chunks.push(bytes, from, to);
    if (chunks.problem !== null) this.#fail(chunks.problem);
    else if (chunks.isDone) this.#stage = DONE;
    const { payloadFrom, payloadTo } = chunks;
    // What came before a fault has come.
    if (payloadTo > payloadFrom) target.onData(bytes.subarray(payloadFrom, payloadTo));
    return at;
  }

  #fail(problem: string): void {
    this.#stage = FAILED;
    this.problem = problem;
  }
}
