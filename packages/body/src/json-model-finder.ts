import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './ascii.ts';

/** Where the name stands: keys from the outermost object inwards, e.g. `['response', 'model']`. */
export type ModelPath = readonly [string, ...string[]];

/** Bytes of a chunk to leave out; `isStart`: the new value goes where they were. */
export interface ModelEdit {
  start: number;
  end: number;
  isStart: boolean;
}

/**
 * Finds the string at one path of JSON texts that pass by in pieces. Nothing has to be held back, whatever the cut: the
 * new value goes out where the old one begins, which is then left out. What is no JSON passes. Keys are known by their
 * plain spelling; no upstream escapes ASCII letters.
 */
export class JsonModelFinder {
  readonly #path: readonly Buffer[];
  /** Objects are elements of an array, not texts of their own. */
  readonly #isInArray: boolean;
  #depth = 0;
  /** Keys of the path that lead to where we are. */
  #matched = 0;
  /** Depth of the innermost object on the path; 0 = outside of any. */
  #spine = 0;
  #expectsKey = false;
  /** The value that comes next is that of the path's next key. */
  #isNext = false;
  #inString: 'no' | 'key' | 'value' | 'replaced' = 'no';
  #isEscaped = false;
  /** Bytes of the key that fit the path's next; -1 = it is another. */
  #keyBytes = 0;

  constructor(path: ModelPath, isInArray: boolean) {
    this.#path = path.map((key) => Buffer.from(key));
    this.#isInArray = isInArray;
  }

  /** Forgets the text that is open: the next bytes begin another. */
  reset(): void {
    this.#depth = 0;
    this.#matched = 0;
    this.#spine = 0;
    this.#inString = 'no';
    this.#isEscaped = false;
    this.#isNext = false;
  }

  /** Adds the edits that `bytes[from..to)` wants, in order. */
  find(bytes: Buffer, from: number, to: number, edits: ModelEdit[]): void {
    let edit: ModelEdit | null = null;
    if (this.#inString === 'replaced') edits.push((edit = { start: from, end: to, isStart: false }));
    for (let at = from; at < to; at += 1) {
      this.#step(bytes[at] ?? 0);
      if (edit === null) {
        if (this.#inString === 'replaced') edits.push((edit = { start: at, end: to, isStart: true }));
      } else if (this.#inString !== 'replaced') {
        edit.end = at + 1;
        edit = null;
      }
    }
  }

  #step(byte: number): void {
    if (this.#inString !== 'no') return this.#stepString(byte);
    switch (byte) {
      case QUOTE:
        return this.#openString();
      case OPEN_BRACE:
        return this.#openObject();
      case OPEN_BRACKET:
        this.#depth += 1;
        this.#isNext = false;
        return;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        return this.#close();
      case COLON:
        this.#expectsKey &&= this.#depth !== this.#spine;
        return;
      case COMMA:
        if (this.#depth !== this.#spine) return;
        this.#expectsKey = true;
        this.#isNext = false;
    }
  }

  #stepString(byte: number): void {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      this.#keyBytes = -1;
    } else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#closeString();
    else if (this.#inString === 'key') this.#matchKey(byte);
  }

  #openString(): void {
    const isOnSpine = this.#spine > 0 && this.#depth === this.#spine;
    if (isOnSpine && this.#expectsKey) {
      this.#inString = 'key';
      this.#keyBytes = 0;
    } else if (isOnSpine && this.#isNext && this.#matched === this.#path.length - 1) {
      this.#inString = 'replaced';
    } else this.#inString = 'value';
  }

  #closeString(): void {
    if (this.#inString === 'key') this.#isNext = this.#keyBytes === this.#path[this.#matched]?.length;
    else this.#isNext = false;
    this.#inString = 'no';
  }

  #matchKey(byte: number): void {
    if (this.#keyBytes === -1) return;
    this.#keyBytes = this.#path[this.#matched]?.[this.#keyBytes] === byte ? this.#keyBytes + 1 : -1;
  }

  #openObject(): void {
    const isRoot = this.#spine === 0 && this.#depth === (this.#isInArray ? 1 : 0);
    const isInner = this.#isNext && this.#depth === this.#spine && this.#matched < this.#path.length - 1;
    this.#depth += 1;
    if (isInner) this.#matched += 1;
    if (isRoot || isInner) {
      this.#spine = this.#depth;
      this.#expectsKey = true;
    }
    this.#isNext = false;
  }

  #close(): void {
    if (this.#spine > 0 && this.#depth === this.#spine) {
      this.#spine = this.#matched > 0 ? this.#spine - 1 : 0;
      this.#matched = Math.max(0, this.#matched - 1);
      this.#expectsKey = false;
    }
    this.#depth = Math.max(0, this.#depth - 1);
  }
}
