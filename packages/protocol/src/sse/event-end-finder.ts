const LF = 10;
const CR = 13;

/** Finds where the events of a stream end: behind the blank line (LF, CRLF or CR). Keeps its place between chunks. */
export class EventEndFinder {
  #isLineBlank = true;
  #isAfterCr = false;
  /** A CR has ended a blank line; an LF behind it still belongs to the event. */
  #isEndPending = false;

  /** The offset behind the event that is open at `from`; -1 = it goes on. Go on with the bytes behind the last ones. */
  find(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      const completesCrLf = byte === LF && this.#isAfterCr;
      if (this.#isEndPending) {
        this.#restart();
        return completesCrLf ? at + 1 : at;
      }
      this.#isAfterCr = byte === CR;
      if (completesCrLf) continue;
      if (byte === LF && this.#isLineBlank) return at + 1;
      this.#isEndPending = byte === CR && this.#isLineBlank;
      this.#isLineBlank = byte === LF || byte === CR;
    }
    return -1;
  }

  #restart(): void {
    this.#isLineBlank = true;
    this.#isAfterCr = false;
    this.#isEndPending = false;
  }
}
