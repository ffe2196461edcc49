import { CARRIAGE_RETURN, LINE_FEED } from './ascii.ts';

/**
 * Finds where the events of an SSE stream end: after the blank line. Lines end with LF, CRLF or CR. Keeps
 * its place between chunks, which may be cut anywhere.
 */
export class EventBoundary {
  #atLineStart = true;
  #afterReturn = false;

  /**
   * The index after the event that is open at `at`, or −1 when it goes on in the next chunk. A CRLF that is
   * cut in two leaves its LF to the next chunk: see `takeLineFeed`.
   */
  findEnd(chunk: Buffer, at: number): number {
    for (let next = at; next < chunk.length; next += 1) {
      const byte = chunk[next];
      if (byte === LINE_FEED && this.#afterReturn) {
        this.#afterReturn = false;
      } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        this.#afterReturn = byte === CARRIAGE_RETURN;
        if (this.#atLineStart) return next + 1 + this.takeLineFeed(chunk, next + 1);
        this.#atLineStart = true;
      } else {
        this.#atLineStart = false;
        this.#afterReturn = false;
      }
    }
    return -1;
  }

  /** 1 when the byte at `at` is the second half of a CRLF, else 0. Call it between events. */
  takeLineFeed(chunk: Buffer, at: number): number {
    if (!this.#afterReturn || at >= chunk.length) return 0;
    this.#afterReturn = false;
    return chunk[at] === LINE_FEED ? 1 : 0;
  }
}
