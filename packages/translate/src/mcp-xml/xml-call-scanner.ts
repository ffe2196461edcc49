import { CallBody } from './call-body.ts';
import { parseCallArguments } from './parse-call-arguments.ts';
import { CALL_START } from './xml-names.ts';

const UNFINISHED_TAG = /^<mcp__[\w.:-]{0,128}$/u;
const TAG = /^<(mcp__[\w.:-]{1,128})>/u;
const TAG_CHARS_MAX = 136;
/** A call that has not ended by then is none. */
const CALL_CHARS_MAX = 1 << 20;

/** What the scanner finds, in order. */
export interface XmlCallHandler {
  onText(text: string): void;
  /** `json`: the text of one object. */
  onCall(name: string, json: string): void;
}

/**
 * Finds `<mcp__tool>{…}</mcp__tool>` in text that comes in pieces, cut anywhere. Only tools of the request count. What
 * is no call, goes on as the text that it is. Its time grows with the text, whatever that holds.
 */
export class XmlCallScanner {
  readonly #tools: ReadonlySet<string>;
  readonly #handler: XmlCallHandler;
  /** May be the beginning of a call. */
  #pending = '';
  /** The call that is open; null = none. */
  #body: CallBody | null = null;

  constructor(tools: readonly string[], handler: XmlCallHandler) {
    this.#tools = new Set(tools);
    this.#handler = handler;
  }

  /** Nothing is held back: what comes next is read as if it were the first. */
  get isIdle(): boolean {
    return this.#body === null && this.#pending === '';
  }

  push(text: string): void {
    let rest: string | null = text;
    while (rest !== null)
      rest = this.#body === null ? this.#readText(rest) : this.#readBody(this.#body, rest);
  }

  /** No more comes: what is held back is text. */
  end(): void {
    const body = this.#body;
    this.#body = null;
    const held = body === null ? this.#pending : `<${body.name}>${body.text}`;
    this.#pending = '';
    this.#emit(held);
  }

  /** What is still to be read; null = more must come first. */
  #readText(piece: string): string | null {
    const text = this.#pending + piece;
    this.#pending = '';
    const start = text.indexOf(CALL_START);
    if (start === -1) {
      const held = countStartChars(text);
      this.#emit(text.slice(0, text.length - held));
      this.#pending = text.slice(text.length - held);
      return null;
    }
    this.#emit(text.slice(0, start));
    return this.#readTag(text.slice(start));
  }

  #readTag(text: string): string | null {
    if (text.length < TAG_CHARS_MAX && UNFINISHED_TAG.test(text)) {
      this.#pending = text;
      return null;
    }
    const name = TAG.exec(text.slice(0, TAG_CHARS_MAX))?.[1];
    if (name !== undefined && this.#tools.has(name)) {
      this.#body = new CallBody(name);
      return text.slice(name.length + 2);
    }
    this.#emit(CALL_START);
    return text.slice(CALL_START.length);
  }

  #readBody(body: CallBody, piece: string): string | null {
    const end = body.push(piece);
    if (!body.mayBeCall) return this.#giveUp(body);
    if (body.chars > CALL_CHARS_MAX) this.end();
    else if (end !== -1) this.#close(body);
    return end === -1 ? null : piece.slice(end);
  }

  /** The tag was only mentioned; a call may follow. */
  #giveUp(body: CallBody): string {
    this.#body = null;
    this.#emit(`<${body.name}>`);
    return body.text;
  }

  #close(body: CallBody): void {
    this.#body = null;
    const json = parseCallArguments(body.inner);
    if (json === null) this.#emit(`<${body.name}>${body.text}`);
    else this.#handler.onCall(body.name, json);
  }

  #emit(text: string): void {
    if (text !== '') this.#handler.onText(text);
  }
}

/** How many characters at the end may be the beginning of a block. */
function countStartChars(text: string): number {
  for (let count = Math.min(CALL_START.length - 1, text.length); count > 0; count -= 1) {
    if (CALL_START.startsWith(text.slice(-count))) return count;
  }
  return 0;
}
