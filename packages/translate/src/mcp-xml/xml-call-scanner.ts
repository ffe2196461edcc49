import { isObject } from '../json/json-object.ts';
import { parseExactJson } from '../json/parse-exact-json.ts';

const START = '<mcp__';
const UNFINISHED_TAG = /^<mcp__[\w.:-]{0,128}$/u;
const TAG = /^<(mcp__[\w.:-]{1,128})>/u;
/** A call that has not ended by then is none. */
const CALL_CHARS_MAX = 1 << 20;

/** What the scanner finds, in order. */
export interface XmlCallHandler {
  onText(text: string): void;
  /** `json`: the text of one object. */
  onCall(name: string, json: string): void;
}

/** Finds `<mcp__tool>{…}</mcp__tool>` in text that comes in pieces, cut anywhere. Only tools of the request count. */
export class XmlCallScanner {
  readonly #tools: ReadonlySet<string>;
  readonly #handler: XmlCallHandler;
  #pending = '';
  /** The tool whose block is open at the beginning of what is pending; null = none. */
  #open: string | null = null;
  /** Where to look for its end: what is before has been looked at. */
  #searchFrom = 0;

  constructor(tools: readonly string[], handler: XmlCallHandler) {
    this.#tools = new Set(tools);
    this.#handler = handler;
  }

  push(text: string): void {
    this.#pending += text;
    let goesOn = true;
    while (goesOn) goesOn = this.#open === null ? this.#readText() : this.#readCall(this.#open);
  }

  /** No more comes: what is pending is text. */
  end(): void {
    this.#open = null;
    this.#emit(this.#pending.length);
  }

  /** False = more must come first. */
  #readText(): boolean {
    const start = this.#pending.indexOf(START);
    if (start === -1) {
      this.#emit(this.#pending.length - countStartChars(this.#pending));
      return false;
    }
    this.#emit(start);
    if (UNFINISHED_TAG.test(this.#pending)) return false;
    const name = TAG.exec(this.#pending)?.[1];
    if (name !== undefined && this.#tools.has(name)) {
      this.#open = name;
      this.#searchFrom = name.length + 2;
    } else this.#emit(START.length);
    return true;
  }

  /** The words that end a block may stand in its arguments, too: then these are no JSON yet. */
  #readCall(name: string): boolean {
    const tag = `</${name}>`;
    const end = this.#pending.indexOf(tag, this.#searchFrom);
    if (end === -1) {
      this.#searchFrom = Math.max(this.#searchFrom, this.#pending.length - tag.length);
      if (this.#pending.length > CALL_CHARS_MAX) return this.#giveUp();
      return false;
    }
    const json = this.#pending.slice(name.length + 2, end).trim();
    this.#searchFrom = end + tag.length;
    if (json !== '' && !isObject(parseExactJson(json))) return true;
    this.#open = null;
    this.#pending = this.#pending.slice(end + tag.length);
    this.#handler.onCall(name, json === '' ? '{}' : json);
    return true;
  }

  #giveUp(): boolean {
    this.#open = null;
    this.#emit(START.length);
    return true;
  }

  #emit(chars: number): void {
    const text = this.#pending.slice(0, chars);
    this.#pending = this.#pending.slice(chars);
    if (text !== '') this.#handler.onText(text);
  }
}

/** How many characters at the end may be the beginning of a block. */
function countStartChars(text: string): number {
  for (let count = Math.min(START.length - 1, text.length); count > 0; count -= 1) {
    if (START.startsWith(text.slice(-count))) return count;
  }
  return 0;
}
