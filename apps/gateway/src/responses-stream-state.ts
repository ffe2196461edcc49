import type { ResponsesProgress } from '@tollgate/protocol';

const NUMBER = Buffer.from('"sequence_number":');
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
/** The first event names the response at its beginning. */
const HEAD_BYTES_MAX = 4096;
const RESPONSE_ID = /"response": ?\{[^{}]*?"id": ?"([\w.-]{1,200})"/u;

/** How far a Responses stream has come, so that an error goes on with its numbers. Parses nothing. */
export class ResponsesStreamState implements ResponsesProgress {
  responseId: string | null = null;
  nextNumber = 0;
  #head = '';
  #isHeadOver = false;

  push(bytes: Buffer): void {
    if (!this.#isHeadOver) this.#readHead(bytes);
    // In text the quotes are escaped.
    const at = bytes.lastIndexOf(NUMBER);
    if (at !== -1) this.nextNumber = readNumber(bytes, at + NUMBER.length) + 1;
  }

  #readHead(bytes: Buffer): void {
    this.#head += bytes.toString('latin1', 0, HEAD_BYTES_MAX - this.#head.length);
    this.responseId = RESPONSE_ID.exec(this.#head)?.[1] ?? null;
    this.#isHeadOver = this.responseId !== null || this.#head.length >= HEAD_BYTES_MAX;
    if (this.#isHeadOver) this.#head = '';
  }
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
