/** Where a writer puts its events until the relay takes them: one string, encoded once for each chunk that came. */
export class StreamText {
  #text = '';

  add(text: string): void {
    this.#text += text;
  }

  /** What has come since the last take, as UTF-8. */
  take(): Buffer {
    if (this.#text === '') return EMPTY;
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    return bytes;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
