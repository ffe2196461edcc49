import type { ResponsesProgress } from '@tollgate/protocol';

const NUMBER = Buffer.from('"sequence_number":');
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
/** The first event names the response at its beginning. */
const HEAD_BYTES_MAX = 4096;
const RESPONSE_ID = /"response": ?\{[^{}]*?"id": ?"([\w.-]{1,200})"/u;

/** An event names its number at its beginning, and most are shorter. */
const TAIL_BYTES = 1024;

/** How far a Responses stream has come, so that an error goes on with its numbers. Parses nothing until it is asked. */
export class ResponsesStreamState implements ResponsesProgress {
  responseId: string | null = null;
  #head = '';
  #isHeadOver = false;
  /** The last bytes: at least `TAIL_BYTES`, where so many have come. */
  readonly #tail = Buffer.allocUnsafe(2 * TAIL_BYTES);
  #tailBytes = 0;
  /** Behind which number the tail begins, as far as it is known. */
  #nextBefore = 0;

  push(bytes: Buffer): void {
    if (!this.#isHeadOver) this.#readHead(bytes);
    if (bytes.length > TAIL_BYTES) return this.#pushLarge(bytes);
    if (this.#tailBytes + bytes.length > this.#tail.length) {
      this.#tail.copyWithin(0, this.#tailBytes - TAIL_BYTES, this.#tailBytes);
      this.#tailBytes = TAIL_BYTES;
    }
    this.#tailBytes += bytes.copy(this.#tail, this.#tailBytes);
  }

  get nextNumber(): number {
    return findNext(this.#tail.subarray(0, this.#tailBytes)) ?? this.#nextBefore;
  }

  #pushLarge(bytes: Buffer): void {
    this.#nextBefore = findNext(bytes) ?? this.nextNumber;
    this.#tailBytes = bytes.copy(this.#tail, 0, bytes.length - TAIL_BYTES);
  }

  #readHead(bytes: Buffer): void {
    this.#head += bytes.toString('latin1', 0, HEAD_BYTES_MAX - this.#head.length);
    this.responseId = RESPONSE_ID.exec(this.#head)?.[1] ?? null;
    this.#isHeadOver = this.responseId !== null || this.#head.length >= HEAD_BYTES_MAX;
    if (this.#isHeadOver) this.#head = '';
  }
}

/** Behind the last number in the bytes; null = there is none. In what a model says the quotes are escaped. */
function findNext(bytes: Buffer): number | null {
  const at = bytes.lastIndexOf(NUMBER);
  return at === -1 ? null : readNumber(bytes, at + NUMBER.length) + 1;
}

function readNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === SPACE ? from + 1 : from;
  let number = 0;
  for (let digit = bytes[at] ?? 0; digit >= ZERO && digit <= NINE; digit = bytes[at] ?? 0) {
    number = number * 10 + digit - ZERO;
    at += 1;
  }
  return number;
}
