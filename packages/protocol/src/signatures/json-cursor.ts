import { parseText } from '../json/json-object.ts';
import { listElements } from '../json/list-elements.ts';
import { listMembers } from '../json/list-members.ts';

/** A value inside a JSON text (latin1), with its place in the whole. */
export class JsonCursor {
  readonly start: number;
  readonly end: number;
  readonly #whole: string;

  constructor(whole: string, start = 0, end = whole.length) {
    this.#whole = whole;
    this.start = start;
    this.end = end;
  }

  get text(): string {
    return this.#whole.slice(this.start, this.end);
  }

  /** The string that it is; null = another value. */
  get string(): string | null {
    const value = this.text.startsWith('"') ? parseText(this.text) : null;
    return typeof value === 'string' ? value : null;
  }

  /** The member's value; of a repeated key the last. null = it has none, or is no object. */
  member(key: string): JsonCursor | null {
    const members = this.text.trimStart().startsWith('{') ? listMembers(this.text) : null;
    const found = members?.findLast((member) => member.key === key);
    return found === undefined ? null : this.#inside(found);
  }

  /** Empty for anything but an array. */
  elements(): JsonCursor[] {
    return listElements(this.text).map((range) => this.#inside(range));
  }

  #inside({ start, end }: { start: number; end: number }): JsonCursor {
    return new JsonCursor(this.#whole, this.start + start, this.start + end);
  }
}
