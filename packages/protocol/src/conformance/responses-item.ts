import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../json/json-object.ts';

type Report = (rule: string, detail: string) => void;

/** A part of an item (`content_part`, `reasoning_summary_part`), or an item's one text (arguments, input). */
interface Part {
  text: string;
  /** What its `….done` event said; null = not said yet. */
  doneText: string | null;
  isClosed: boolean;
}

/** Key in a delta's own `….done` event → the text that the deltas add up to. */
const DONE_TEXT_KEYS = ['text', 'arguments', 'input', 'refusal', 'code', 'transcript'];

/** One output item of a Responses stream, from `output_item.added` to `output_item.done`. */
export class ResponsesItem {
  readonly #report: Report;
  readonly #id: unknown;
  readonly #type: unknown;
  readonly #parts = new Map<string, Part>();
  #isClosed = false;
  #full: JsonObject | null = null;

  constructor(item: JsonObject, report: Report) {
    this.#report = report;
    this.#id = item['id'];
    this.#type = item['type'];
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** As `output_item.done` gave it. */
  get full(): JsonObject | null {
    return this.#full;
  }

  /** Takes an event of this item; `type` without the leading `response.`. */
  read(type: string, data: JsonObject): void {
    if (this.#isClosed) this.#report('item-order', 'an event of an item that is closed');
    if (data['item_id'] !== undefined && data['item_id'] !== this.#id) {
      this.#report('item-id', 'item_id is not the id that the item began with');
    }
    if (type.endsWith('part.added')) return this.#addPart(selectPartKey(type, data), data);
    if (type.endsWith('part.done')) return this.#closePart(selectPartKey(type, data), data);
    if (type.endsWith('.delta')) return this.#addDelta(selectTextKey(type, data), data);
    if (type.endsWith('.done')) return this.#endText(selectTextKey(type, data), data);
    // An upstream quirk: of several lists only the last one gets its output_item.done.
    if (this.#type === 'mcp_list_tools' && /completed$|failed$/u.test(type)) this.#isClosed = true;
  }

  /** Takes `output_item.done`. */
  close(item: JsonObject): void {
    if (this.#full !== null) this.#report('item-order', 'an item that is done twice');
    if (item['id'] !== this.#id) this.#report('item-id', 'the item that is done has another id');
    if (item['type'] !== this.#type) this.#report('item-type', 'the item that is done has another type');
    for (const part of this.#parts.values())
      if (!part.isClosed) this.#report('part-order', 'a part is not done');
    this.#isClosed = true;
    this.#full = item;
    const written = [...this.#parts.values()].map(({ text }) => text).join('');
    if (written !== readItemText(item, this.#parts.size > 0)) {
      this.#report('full-item', 'the full item does not hold what was streamed');
    }
  }

  #addPart(key: string, data: JsonObject): void {
    const prefix = key.slice(0, key.lastIndexOf(':') + 1);
    const count = [...this.#parts.keys()].filter((known) => known.startsWith(prefix)).length;
    if (this.#parts.has(key)) this.#report('part-order', 'a part that begins twice');
    else if (key !== `${prefix}${count}`) this.#report('part-index', `the index of a part is not ${count}`);
    if (!isObject(data['part'])) this.#report('part', 'no part');
    this.#parts.set(key, { text: '', doneText: null, isClosed: false });
  }

  #closePart(key: string, data: JsonObject): void {
    const part = this.#parts.get(key);
    if (part === undefined) return this.#report('part-order', 'a part is done that has not begun');
    if (part.isClosed) this.#report('part-order', 'a part that is done twice');
    part.isClosed = true;
    if (part.doneText === null && part.text !== '') this.#report('part-order', 'its text is not done');
    if (isObject(data['part']) && readPartText(data['part']) !== part.text) {
      this.#report('full-item', 'the full part does not hold what was streamed');
    }
  }

  #addDelta(key: string, data: JsonObject): void {
    const part = this.#selectPart(key);
    if (part === null) return;
    if (part.isClosed || part.doneText !== null) this.#report('part-order', 'a delta behind its end');
    if (typeof data['delta'] === 'string') part.text += data['delta'];
  }

  #endText(key: string, data: JsonObject): void {
    const part = this.#selectPart(key);
    if (part === null) return;
    const name = DONE_TEXT_KEYS.find((candidate) => typeof data[candidate] === 'string');
    const text = name === undefined ? part.text : String(data[name]);
    if (part.doneText !== null) this.#report('part-order', 'a text that is done twice');
    if (text !== part.text) this.#report('full-item', 'the full text is not what the deltas add up to');
    part.doneText = text;
    if (!isPartKey(key)) part.isClosed = true;
  }

  /** Texts of a part need the part; an item's own text (arguments, input, code) begins with its first delta. */
  #selectPart(key: string): Part | null {
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    if (isPartKey(key)) {
      this.#report('part-order', 'text outside a part');
      return null;
    }
    const part: Part = { text: '', doneText: null, isClosed: false };
    this.#parts.set(key, part);
    return part;
  }
}

/** Whether two full forms of an item say the same. Reasoning is encrypted anew each time. */
export function isSameItem(a: JsonObject, b: unknown): boolean {
  if (!isObject(b)) return false;
  try {
    return isDeepStrictEqual({ ...a, encrypted_content: null }, { ...b, encrypted_content: null });
  } catch {
    // Nested too deep for a comparison that calls itself.
    return true;
  }
}

function selectPartKey(type: string, data: JsonObject): string {
  return type.includes('summary')
    ? `summary:${String(data['summary_index'])}`
    : `content:${String(data['content_index'])}`;
}

function selectTextKey(type: string, data: JsonObject): string {
  if (type.includes('summary')) return `summary:${String(data['summary_index'])}`;
  return data['content_index'] === undefined
    ? `own:${type.split('.')[0]}`
    : `content:${String(data['content_index'])}`;
}

function isPartKey(key: string): boolean {
  return !key.startsWith('own:');
}

/** All text of a full item, in the order in which it was streamed. */
function readItemText(item: JsonObject, hasParts: boolean): string {
  if (!hasParts) return '';
  const own = ['arguments', 'input', 'code'].map((key) => readText(item[key])).join('');
  const parts = [item['summary'], item['content']].flatMap((list) => (Array.isArray(list) ? list : []));
  return own + parts.map((part: unknown) => (isObject(part) ? readPartText(part) : '')).join('');
}

function readPartText(part: JsonObject): string {
  return readText(part['text']) + readText(part['refusal']) + readText(part['transcript']);
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
