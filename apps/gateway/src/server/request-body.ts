import { TollgateError } from '@tollgate/core';
import type { BodyFraming } from './check-framing.ts';

/** The flow control that a body needs of its connection. */
export interface BodySource {
  pause(): void;
  resume(): void;
}

/** The first bytes come with the head and cannot be held back; more than this waits for a reader. */
const EARLY_BYTES_MAX = 256 * 1024;
const NO_BYTES: Buffer = Buffer.alloc(0);

interface Reader {
  bytesMax: number;
  resolve(body: Buffer): void;
  reject(error: TollgateError): void;
}

/**
 * Collects the body of one request. uWebSockets.js hands over bytes from the moment that the head is read, also
 * when nobody asks for them (the key is still being looked up): they are kept up to a bound, then the
 * connection is paused until `read`, `discard` or the end.
 */
export class RequestBody {
  readonly #source: BodySource;
  readonly #framing: BodyFraming;
  #state: 'open' | 'complete' | 'left' | 'discarded';
  #first: Buffer | null = null;
  /** All of them, when a second one has come: most bodies come in one. */
  #chunks: Buffer[] | null = null;
  #bytes = 0;
  #paused = false;
  #reader: Reader | null = null;
  #promise: Promise<Buffer> | null = null;
  #onDiscarded: ((bytes: number, isLast: boolean) => void) | null = null;
  #isLastSeen: boolean;
  #isKept = true;

  constructor(framing: BodyFraming, source: BodySource) {
    this.#framing = framing;
    this.#source = source;
    this.#isLastSeen = framing.kind === 'none';
    this.#state = this.#isLastSeen ? 'complete' : 'open';
  }

  /** True when all bytes of the body have left the socket, read or not. */
  get isReceived(): boolean {
    return this.#isLastSeen;
  }

  /** The whole body; a second call gives the same promise. Errors: {@link TollgateError}, as in the port. */
  read(bytesMax: number): Promise<Buffer> {
    this.#promise ??= new Promise((resolve, reject) => {
      this.#reader = { bytesMax, resolve, reject };
      this.#startReading(this.#reader);
    });
    return this.#promise;
  }

  /** Counts the bytes and keeps none, so that a large body costs no memory. Errors as of {@link read}. */
  async skip(bytesMax: number): Promise<void> {
    this.#isKept = false;
    this.#forget();
    await this.read(bytesMax);
  }

  /** `chunk` belongs to uWebSockets.js, which reuses it: it is copied. */
  accept(chunk: ArrayBuffer, isLast: boolean): void {
    if (isLast) this.#isLastSeen = true;
    if (this.#state === 'discarded') this.#onDiscarded?.(chunk.byteLength, isLast);
    if (this.#state !== 'open') return;
    this.#bytes += chunk.byteLength;
    if (this.#isOverLimit()) return this.#refuse();
    if (this.#isKept && chunk.byteLength > 0) this.#keep(Buffer.from(new Uint8Array(chunk)));
    if (isLast) this.#complete();
    else if (this.#reader === null && this.#bytes > EARLY_BYTES_MAX) this.#pause();
  }

  /** The client has gone; a reader gets `client_closed`. */
  leave(): void {
    if (this.#state !== 'open') return;
    this.#drop('left');
    this.#reader?.reject(new TollgateError('client_closed'));
  }

  /** Lets the rest of the body go by unread; `onBytes` hears of it. */
  discard(onBytes: (bytes: number, isLast: boolean) => void): void {
    this.#onDiscarded = onBytes;
    this.#drop('discarded');
    this.#resume();
  }

  #startReading(reader: Reader): void {
    if (this.#state === 'left') return reader.reject(new TollgateError('client_closed'));
    if (this.#isOverLimit()) return this.#refuse();
    if (this.#state === 'complete') return reader.resolve(this.#take());
    this.#resume();
  }

  #isOverLimit(): boolean {
    if (this.#reader === null) return false;
    const announcedBytes = this.#framing.kind === 'length' ? this.#framing.lengthBytes : 0;
    return Math.max(announcedBytes, this.#bytes) > this.#reader.bytesMax;
  }

  #refuse(): void {
    const bytesMax = this.#reader?.bytesMax ?? 0;
    this.#drop('discarded');
    const message = `The request body is larger than the limit of ${bytesMax} bytes.`;
    this.#reader?.reject(new TollgateError('body_too_large', { message }));
  }

  #complete(): void {
    this.#state = 'complete';
    this.#reader?.resolve(this.#take());
  }

  #keep(chunk: Buffer): void {
    if (this.#first === null) this.#first = chunk;
    else if (this.#chunks === null) this.#chunks = [this.#first, chunk];
    else this.#chunks.push(chunk);
  }

  #take(): Buffer {
    const body = this.#chunks === null ? (this.#first ?? NO_BYTES) : Buffer.concat(this.#chunks);
    this.#forget();
    return body;
  }

  #forget(): void {
    this.#first = null;
    this.#chunks = null;
  }

  #drop(state: 'left' | 'discarded'): void {
    this.#state = state;
    this.#forget();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }
}
