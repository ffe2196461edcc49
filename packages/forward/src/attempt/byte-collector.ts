/** Of a second piece on: a first one is most often the only one, and gets what it needs. */
const GROWN_BYTES_MIN = 1024;
const NO_BYTES: Buffer = Buffer.alloc(0);

/** Copies chunks into one growing buffer, up to a limit; the rest is dropped and `isCut` says so. */
export class ByteCollector {
  readonly #bytesMax: number;
  #buffer: Buffer | null = null;
  #length = 0;
  #isCut = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#length;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  hasRoomFor(chunk: Buffer): boolean {
    return this.#length + chunk.length <= this.#bytesMax;
  }

  push(chunk: Buffer): void {
    const taken = Math.min(chunk.length, this.#bytesMax - this.#length);
    if (taken < chunk.length) this.#isCut = true;
    chunk.copy(this.#reserve(this.#length + taken), this.#length, 0, taken);
    this.#length += taken;
  }

  /** Everything collected, only valid until the next `push`. */
  peek(): Buffer {
    if (this.#buffer === null) return NO_BYTES;
    return this.#buffer.length === this.#length ? this.#buffer : this.#buffer.subarray(0, this.#length);
  }

  /** Everything collected, the caller's own; the collector is empty afterwards. */
  take(): Buffer {
    const bytes = this.peek();
    this.#buffer = null;
    this.#length = 0;
    return bytes;
  }

  #reserve(bytes: number): Buffer {
    if (this.#buffer !== null && this.#buffer.length >= bytes) return this.#buffer;
    const size = this.#buffer === null ? bytes : this.#selectGrownSize(this.#buffer, bytes);
    // A small one comes out of node's pool: it lives as long as an attempt at most, and memory of its own costs more.
    const larger = Buffer.allocUnsafe(size);
    this.#buffer?.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return larger;
  }

  #selectGrownSize(full: Buffer, bytes: number): number {
    return Math.min(this.#bytesMax, Math.max(bytes, full.length * 2, GROWN_BYTES_MIN));
  }
}
