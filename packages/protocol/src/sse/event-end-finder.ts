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
      if (this.#isEndPending) return this.#endAt(bytes, at);
      if (!this.#isAfterCr) at = this.#skipLine(bytes, at);
      if (at === bytes.length) return -1;
      const byte = bytes[at];
      const completesCrLf = byte === LF && this.#isAfterCr;
      this.#isAfterCr = byte === CR;
      if (completesCrLf) continue;
      if (byte === LF && this.#isLineBlank) return at + 1;
      this.#isEndPending = byte === CR && this.#isLineBlank;
      this.#isLineBlank = byte === LF || byte === CR;
    }
    return -1;
  }

  /** To the end of the line that is open, by native searches: these are nearly all bytes. */
  #skipLine(bytes: Buffer, from: number): number {
    const lf = bytes.indexOf(LF, from);
    const lineEnd = lf === -1 ? bytes.length : lf;
    // No CR is looked for behind the next LF: events of many short lines would be searched to their end each time.
    const cr = lineEnd === from ? -1 : bytes.subarray(from, lineEnd).indexOf(CR);
    const at = cr === -1 ? lineEnd : from + cr;
    if (at > from) this.#isLineBlank = false;
    return at;
  }

  #endAt(bytes: Buffer, at: number): number {
    this.#isLineBlank = true;
    this.#isAfterCr = false;
    this.#isEndPending = false;
    return bytes[at] === LF ? at + 1 : at;
  }
}
