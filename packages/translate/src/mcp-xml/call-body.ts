const CDATA_START = '<![CDATA[';
/** As much of the beginning as it takes to see that this is no call. */
const HEAD_CHARS = 136;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * What stands between the tags of one call, which comes in pieces: reads each character once. The words that end a call
 * may stand in its arguments, too: inside of a JSON string they end nothing.
 */
export class CallBody {
  readonly name: string;
  readonly #endTag: string;
  readonly #pieces: string[] = [];
  /** Without white space in front. */
  #head = '';
  #chars = 0;
  #isInString = false;
  #isEscaped = false;
  /** How many characters of the end tag have just been read. */
  #matched = 0;

  constructor(name: string) {
    this.name = name;
    this.#endTag = `</${name}>`;
  }

  get chars(): number {
    return this.#chars;
  }

  /** How many characters of the piece belong to the body and its end tag; −1 = all, and the end is still to come. */
  push(piece: string): number {
    this.#readHead(piece);
    const end = this.mayBeCall ? this.#findEnd(piece) : -1;
    this.#pieces.push(end === -1 ? piece : piece.slice(0, end));
    this.#chars += end === -1 ? piece.length : end;
    return end;
  }

  /** False = words that only mention the tool: a call begins with its object. */
  get mayBeCall(): boolean {
    const head = this.#head;
    if (head === '' || head.startsWith('{')) return true;
    return [CDATA_START, this.#endTag].some((start) =>
      start.length < head.length ? head.startsWith(start) : start.startsWith(head),
    );
  }

  /** With the end tag, where it has come. */
  get text(): string {
    return this.#pieces.join('');
  }

  /** Without the end tag. */
  get inner(): string {
    return this.text.slice(0, -this.#endTag.length);
  }

  #readHead(piece: string): void {
    if (this.#head.length >= HEAD_CHARS) return;
    const start = this.#head === '' ? piece.search(/\S/u) : 0;
    if (start !== -1) this.#head += piece.slice(start, start + HEAD_CHARS);
  }

  #findEnd(piece: string): number {
    for (let index = 0; index < piece.length; index += 1) {
      if (this.#read(piece.charCodeAt(index))) return index + 1;
    }
    return -1;
  }

  /** True = the end tag is whole. */
  #read(code: number): boolean {
    if (this.#isInString) {
      this.#readInString(code);
      return false;
    }
    if (code === QUOTE) this.#isInString = true;
    // `<` stands at the tag's beginning only, so that no other part of it can begin anew.
    if (code === this.#endTag.charCodeAt(this.#matched)) this.#matched += 1;
    else this.#matched = code === this.#endTag.charCodeAt(0) ? 1 : 0;
    return this.#matched === this.#endTag.length;
  }

  #readInString(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === BACKSLASH) this.#isEscaped = true;
    else if (code === QUOTE) this.#isInString = false;
  }
}
