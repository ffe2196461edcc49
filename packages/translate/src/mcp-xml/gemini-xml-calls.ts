import { isFinishReason } from '../gemini/finish-reasons.ts';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { parseExactJson } from '../json/parse-exact-json.ts';
import { XmlCallScanner } from './xml-call-scanner.ts';

/** `<` as it stands in JSON: plain, or as Google's own writer has it. */
const TAG_STARTS = ['<', '\\u003'];

/**
 * API-7 for a Gemini client: calls of MCP tools that stand as XML in the text of generateContent responses become parts
 * with a `functionCall`; all other fields and parts stay. One for each answer, plain or streamed. Never throws.
 */
export class GeminiXmlCalls {
  readonly #tools: readonly string[];
  readonly #candidates = new Map<unknown, CandidateText>();

  /** `tools`: the MCP tools that the model was told to call in XML. */
  constructor(tools: readonly string[]) {
    this.#tools = tools;
  }

  /** One response (UTF-8 JSON) of the answer; bytes in which nothing is to be changed come back as they are. */
  edit(response: Buffer): Buffer {
    if (this.#isIdle() && !TAG_STARTS.some((start) => response.includes(start))) return response;
    const parsed = parseExactJson(response.toString('utf8'));
    if (!isObject(parsed) || !Array.isArray(parsed['candidates'])) return response;
    let isChanged = false;
    const candidates = parsed['candidates'].map((candidate: unknown) => {
      const edited = isObject(candidate) ? this.#select(candidate).edit(candidate) : null;
      isChanged ||= edited !== null;
      return edited ?? candidate;
    });
    return isChanged ? Buffer.from(JSON.stringify({ ...parsed, candidates })) : response;
  }

  #isIdle(): boolean {
    return [...this.#candidates.values()].every((candidate) => candidate.isIdle);
  }

  #select(candidate: JsonObject): CandidateText {
    const index = candidate['index'] ?? 0;
    const known = this.#candidates.get(index);
    if (known !== undefined) return known;
    const made = new CandidateText(this.#tools);
    this.#candidates.set(index, made);
    return made;
  }
}

/** What one candidate says, over all responses of a stream. */
class CandidateText {
  readonly #scanner: XmlCallScanner;
  #parts: unknown[] = [];
  /** Where the parts begin that are made of one part of the upstream. */
  #from = 0;
  #isTextOpen = false;
  #hasCalls = false;
  #hasEnded = false;

  constructor(tools: readonly string[]) {
    this.#scanner = new XmlCallScanner(tools, {
      onText: (text) => this.#addText(text),
      onCall: (name, json) => this.#addCall(name, json),
    });
  }

  /** Behind a call also white space is looked at. */
  get isIdle(): boolean {
    return this.#scanner.isIdle && !this.#hasCalls;
  }

  /** null = it stays as it is. */
  edit(candidate: JsonObject): JsonObject | null {
    const content = isObject(candidate['content']) ? candidate['content'] : {};
    const parts: unknown[] = Array.isArray(content['parts']) ? content['parts'] : [];
    this.#parts = [];
    for (const part of parts) this.#readPart(part);
    if (isFinishReason(candidate['finishReason'])) this.#hasEnded = true;
    // Nothing comes behind the end: what is held back is text.
    if (this.#hasEnded) this.#flush();
    if (isSameList(parts, this.#parts)) return null;
    // A part without words, as Google's own streams have them: a response without parts is no answer for its clients.
    const kept = this.#parts.length > 0 ? this.#parts : [{ text: '' }];
    return { ...candidate, content: { role: 'model', ...content, parts: kept } };
  }

  #readPart(part: unknown): void {
    if (!isObject(part)) return void this.#parts.push(part);
    const { text, ...rest } = part;
    const isWords = typeof text === 'string' && part['thought'] !== true;
    if (isWords && text !== '') return this.#readText(text, rest, part);
    // Another kind of part ends the words before it; a lone signature is none.
    if (!isWords) this.#endText();
    this.#parts.push(part);
  }

  /** What stands beside the text, a signature for one, goes with the last part that is made of it. */
  #readText(text: string, rest: JsonObject, part: JsonObject): void {
    this.#from = this.#parts.length;
    this.#scanner.push(text);
    const made = this.#parts.splice(this.#from).filter(isObject);
    const isWhole = made.length === 1 && made[0]?.['text'] === text;
    if (isWhole) this.#parts.push(part);
    else if (Object.keys(rest).length === 0) this.#parts.push(...made);
    else this.#parts.push(...made.slice(0, -1), { ...(made.at(-1) ?? { text: '' }), ...rest });
  }

  #endText(): void {
    this.#flush();
    this.#isTextOpen = false;
  }

  #flush(): void {
    this.#from = this.#parts.length;
    this.#scanner.end();
  }

  /** White space around calls is no word of its own. */
  #addText(text: string): void {
    const words = this.#isTextOpen || !this.#hasCalls ? text : text.trimStart();
    if (words === '') return;
    this.#isTextOpen = true;
    const last = this.#parts.length > this.#from ? this.#parts.at(-1) : null;
    const before = isObject(last) ? last['text'] : null;
    if (typeof before === 'string') this.#parts[this.#parts.length - 1] = { text: before + words };
    else this.#parts.push({ text: words });
  }

  #addCall(name: string, json: string): void {
    this.#isTextOpen = false;
    this.#hasCalls = true;
    this.#parts.push({ functionCall: { name, args: parseExactJson(json) } });
  }
}

function isSameList(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((part, index) => part === after[index]);
}
