import { OPEN_BRACE, OPEN_BRACKET, QUOTE } from './ascii.ts';
import { decodeJsonString } from './decode-json-value.ts';
import { JsonScanner } from './json-scanner.ts';
import { buildFieldTable, type ByteRange } from './scan-object-fields.ts';
import { walkArray, walkObject } from './walk-json.ts';

/** A text as it stands in the JSON, escapes and all, without its quotes. */
export interface TextBlock {
  text: ByteRange;
  /** It ends a part of the prompt that is to be cached: `cache_control: {type: ephemeral}`. */
  isMarked: boolean;
}

/** The `system` of a request or the `content` of a message. */
export interface Content {
  texts: readonly TextBlock[];
  /** No images, tool results or anything else, and no wrong types, beside the texts. */
  isTextOnly: boolean;
}

export interface Message {
  /** null: no string, or an absurdly long one. */
  role: string | null;
  content: Content;
}

const NO_TEXTS: readonly TextBlock[] = [];
const BLOCK_FIELDS = buildFieldTable(['type', 'text', 'cache_control']);
const CACHE_FIELDS = buildFieldTable(['type']);
const MESSAGE_FIELDS = buildFieldTable(['role', 'content']);
/** The words that are looked for have at most nine letters, each of up to six bytes. */
const WORD_TOKEN_BYTES_MAX = 64;

interface Block {
  isText: boolean;
  isMarked: boolean;
  text: ByteRange | null;
}

/**
 * Finds the texts in `system` and `messages` of a body that a scan has accepted, in one pass over the bytes
 * that it is asked for. Never throws, whatever the types; of repeated names the last one counts.
 */
export class ContentReader {
  readonly #body: Buffer;
  readonly #scanner: JsonScanner;

  constructor(body: Buffer, scanner: JsonScanner = new JsonScanner(body)) {
    this.#body = body;
    this.#scanner = scanner;
  }

  /** The messages in order; `visit` returns false when it has seen enough. */
  readMessages(messages: ByteRange, visit: (message: Message) => boolean): void {
    walkArray(this.#scanner, this.#body, messages.start, (at) => {
      const message: Message = { role: null, content: { texts: NO_TEXTS, isTextOnly: false } };
      const end = this.#readMessage(at, message);
      return visit(message) ? end : -1;
    });
  }

  /** `range`: a string or an array of blocks; anything else has no texts. */
  readContent(range: ByteRange): Content {
    const content: Content = { texts: NO_TEXTS, isTextOnly: false };
    this.#readContent(range.start, content);
    return content;
  }

  #readMessage(at: number, message: Message): number {
    if (this.#body[at] !== OPEN_BRACE) return this.#scanner.skipValue(at, 1);
    return walkObject(this.#scanner, this.#body, at, MESSAGE_FIELDS, (field, valueAt) => {
      if (field === 1) return this.#readContent(valueAt, message.content);
      const end = this.#scanner.skipValue(valueAt, 1);
      message.role = this.#decodeWord(valueAt, end);
      return end;
    });
  }

  #readContent(at: number, content: Content): number {
    content.texts = NO_TEXTS;
    content.isTextOnly = true;
    const end = this.#readString(at, content);
    if (end >= 0) return end;
    content.isTextOnly = this.#body[at] === OPEN_BRACKET;
    if (!content.isTextOnly) return this.#scanner.skipValue(at, 1);
    const texts: TextBlock[] = [];
    content.texts = texts;
    return walkArray(this.#scanner, this.#body, at, (element) => this.#readBlock(element, texts, content));
  }

  /** −1: no string. */
  #readString(at: number, content: Content): number {
    if (this.#body[at] !== QUOTE) return -1;
    const end = this.#scanner.skipString(at);
    content.texts = [{ text: { start: at + 1, end: end - 1 }, isMarked: false }];
    return end;
  }

  #readBlock(at: number, texts: TextBlock[], content: Content): number {
    const block: Block = { isText: false, isMarked: false, text: null };
    const end =
      this.#body[at] === OPEN_BRACE ? this.#readBlockFields(at, block) : this.#scanner.skipValue(at, 1);
    if (block.isText && block.text !== null) texts.push({ text: block.text, isMarked: block.isMarked });
    else content.isTextOnly = false;
    return end;
  }

  #readBlockFields(at: number, block: Block): number {
    return walkObject(this.#scanner, this.#body, at, BLOCK_FIELDS, (field, valueAt) => {
      const end = this.#scanner.skipValue(valueAt, 1);
      if (field === 0) block.isText = this.#decodeWord(valueAt, end) === 'text';
      else if (field === 1) block.text = this.#findText(valueAt, end);
      else block.isMarked = this.#isEphemeral(valueAt);
      return end;
    });
  }

  #findText(at: number, end: number): ByteRange | null {
    return this.#body[at] === QUOTE ? { start: at + 1, end: end - 1 } : null;
  }

  #isEphemeral(at: number): boolean {
    if (this.#body[at] !== OPEN_BRACE) return false;
    let isEphemeral = false;
    walkObject(this.#scanner, this.#body, at, CACHE_FIELDS, (_, valueAt) => {
      const end = this.#scanner.skipValue(valueAt, 1);
      isEphemeral = this.#decodeWord(valueAt, end) === 'ephemeral';
      return end;
    });
    return isEphemeral;
  }

  #decodeWord(start: number, end: number): string | null {
    return decodeJsonString(this.#body, { start, end }, WORD_TOKEN_BYTES_MAX);
  }
}
