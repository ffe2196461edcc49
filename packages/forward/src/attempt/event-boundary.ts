const LF = 10;
const CR = 13;

/** Whether the bytes written so far end between two server-sent events (a blank line in LF, CRLF or CR). */
export class EventBoundary {
  /** Line ends at the end of the stream; 2 = blank line. */
  #lineEnds = 2;
  #endsWithCr = false;

  get isMidEvent(): boolean {
    return this.#lineEnds < 2;
  }

  push(chunk: Buffer): void {
    // Two line ends are four bytes at most, so the last four tell all.
    if (chunk.length > 4) this.#lineEnds = 0;
    if (chunk.length > 4) this.#endsWithCr = false;
    for (let at = Math.max(0, chunk.length - 4); at < chunk.length; at += 1) this.#pushByte(chunk[at] ?? 0);
  }

  #pushByte(byte: number): void {
    if (byte === LF && this.#endsWithCr) {
      this.#endsWithCr = false;
      return;
    }
    this.#lineEnds = byte === LF || byte === CR ? this.#lineEnds + 1 : 0;
    this.#endsWithCr = byte === CR;
  }
}
