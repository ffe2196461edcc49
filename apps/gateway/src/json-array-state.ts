const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** How far a stream that is one JSON array has come, so that an error can be its last element. */
export class JsonArrayState {
  #depth = 0;
  #elements = 0;
  #isInString = false;
  #isEscaped = false;

  push(bytes: Buffer): void {
    for (const byte of bytes) this.#step(byte);
  }

  /** Whole elements have been written. */
  get hasElements(): boolean {
    return this.#elements > 0;
  }

  /** What is written next can be an element: nothing has come yet, or a whole element and nothing behind it. */
  get takesElement(): boolean {
    return this.#depth === (this.hasElements ? 1 : 0);
  }

  #step(byte: number): void {
    if (this.#isInString) return this.#stepString(byte);
    if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#close();
  }

  #close(): void {
    this.#depth -= 1;
    if (this.#depth === 1) this.#elements += 1;
  }

  #stepString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }
}
