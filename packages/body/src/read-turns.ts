import { OPEN_BRACE, OPEN_BRACKET, QUOTE } from './ascii.ts';
import { decodeJsonString } from './decode-json-value.ts';
import { JsonScanner } from './json-scanner.ts';
import { hashTexts, type SessionToken } from './read-session-ids.ts';
import { buildFieldTable, type ByteRange } from './scan-object-fields.ts';
import { walkArray, walkObject } from './walk-json.ts';

/** OpenAI's messages and items have `content`, Google's `parts`. Both hold a string, or blocks with `text`. */
const TURN_FIELDS = buildFieldTable(['role', 'content', 'parts']);
const BLOCK_FIELDS = buildFieldTable(['text']);
/** The longest role has nine letters, each of up to six bytes. */
const ROLE_TOKEN_BYTES_MAX = 64;
const SYSTEM_ROLES: ReadonlySet<string | null> = new Set(['system', 'developer']);

/**
 * [SESS-1] The hash of the system text, else of the first user text, of a request of OpenAI or Google; null = neither
 * has text. `system`: instructions apart from the turns; `turns`: messages, input items or contents, or one string.
 * Never throws, whatever the types, in JSON that a scan has accepted.
 */
export function readTurnsSession(
  body: Buffer,
  system: ByteRange | null,
  turns: ByteRange | null,
): SessionToken | null {
  const reader = new TurnReader(body);
  const systemTexts = system === null ? [] : reader.readValue(system.start).texts;
  if (systemTexts.length > 0) return hashTexts(body, systemTexts);
  const { systemTexts: inTurns, userTexts } = reader.readTurns(turns);
  const texts = inTurns.length > 0 ? inTurns : userTexts;
  return texts.length > 0 ? hashTexts(body, texts) : null;
}

interface Texts {
  texts: ByteRange[];
  end: number;
}

class TurnReader {
  readonly #body: Buffer;
  readonly #scanner: JsonScanner;

  constructor(body: Buffer) {
    this.#body = body;
    this.#scanner = new JsonScanner(body);
  }

  /** The texts of the first system turn and of the first user turn; what comes behind that is not looked at. */
  readTurns(turns: ByteRange | null): { systemTexts: ByteRange[]; userTexts: ByteRange[] } {
    const found = { systemTexts: [] as ByteRange[], userTexts: [] as ByteRange[] };
    if (turns === null) return found;
    if (this.#body[turns.start] !== OPEN_BRACKET) {
      return { ...found, userTexts: this.readValue(turns.start).texts };
    }
    walkArray(this.#scanner, this.#body, turns.start, (at) => {
      const { role, texts, end } = this.#readTurn(at);
      if (SYSTEM_ROLES.has(role) && found.systemTexts.length === 0) found.systemTexts = texts;
      // Google's first turn may go without its role.
      if (role !== 'user' && role !== null) return end;
      found.userTexts = texts;
      return texts.length > 0 ? -1 : end;
    });
    return found;
  }

  /** A string, an array of blocks, or an object that holds one of them (Google's `systemInstruction`). */
  readValue(at: number): Texts {
    switch (this.#body[at]) {
      case QUOTE:
        return this.#readString(at);
      case OPEN_BRACKET:
        return this.#readBlocks(at);
      case OPEN_BRACE:
        return this.#readTurn(at);
      default:
        return { texts: [], end: this.#scanner.skipValue(at, 1) };
    }
  }

  #readTurn(at: number): Texts & { role: string | null } {
    if (this.#body[at] !== OPEN_BRACE) return { role: null, texts: [], end: this.#scanner.skipValue(at, 1) };
    let role: string | null = null;
    let texts: ByteRange[] = [];
    const end = walkObject(this.#scanner, this.#body, at, TURN_FIELDS, (field, valueAt) => {
      if (field > 0) {
        const value = this.#readContent(valueAt);
        ({ texts } = value);
        return value.end;
      }
      const roleEnd = this.#scanner.skipValue(valueAt, 1);
      role = decodeJsonString(this.#body, { start: valueAt, end: roleEnd }, ROLE_TOKEN_BYTES_MAX);
      return roleEnd;
    });
    return { role, texts, end };
  }

  #readContent(at: number): Texts {
    if (this.#body[at] === QUOTE) return this.#readString(at);
    if (this.#body[at] === OPEN_BRACKET) return this.#readBlocks(at);
    return { texts: [], end: this.#scanner.skipValue(at, 1) };
  }

  #readString(at: number): Texts {
    const end = this.#scanner.skipString(at);
    return { texts: end - at > 2 ? [{ start: at + 1, end: end - 1 }] : [], end };
  }

  #readBlocks(at: number): Texts {
    const texts: ByteRange[] = [];
    const end = walkArray(this.#scanner, this.#body, at, (block) => {
      if (this.#body[block] !== OPEN_BRACE) return this.#scanner.skipValue(block, 1);
      return walkObject(this.#scanner, this.#body, block, BLOCK_FIELDS, (_, valueAt) => {
        const value = this.#readContent(valueAt);
        texts.push(...value.texts);
        return value.end;
      });
    });
    return { texts, end };
  }
}
