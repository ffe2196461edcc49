import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { AnswerEnd } from '../conversation/answer.ts';

export interface CollectedCall {
  id: string | null;
  name: string;
  arguments: string;
}

/** A sink that keeps what it is told, and holds the teller to the order that the interface promises. */
export class CollectorSink implements AnswerSink {
  id: string | null = null;
  text = '';
  refusal = '';
  thinking = '';
  calls: CollectedCall[] = [];
  /** Kinds of blocks in their order. */
  kinds: string[] = [];
  ended: AnswerEnd | null = null;
  /** What came out of order. */
  problems: string[] = [];
  #hasBegun = false;
  #open: string | null = null;

  begin(id: string | null): void {
    if (this.#hasBegun) this.problems.push('begun twice');
    this.#hasBegun = true;
    this.id = id;
  }

  openText(): void {
    this.#noteOpen('text');
  }

  addText(text: string): void {
    this.#noteAdd('text');
    this.text += text;
  }

  openRefusal(): void {
    this.#noteOpen('refusal');
  }

  addRefusal(text: string): void {
    this.#noteAdd('refusal');
    this.refusal += text;
  }

  openThinking(): void {
    this.#noteOpen('thinking');
  }

  addThinking(text: string): void {
    this.#noteAdd('thinking');
    this.thinking += text;
  }

  openToolCall(id: string | null, name: string): void {
    this.#noteOpen('tool-call');
    this.calls.push({ id, name, arguments: '' });
  }

  addArguments(json: string): void {
    this.#noteAdd('tool-call');
    const call = this.calls.at(-1);
    if (call !== undefined) call.arguments += json;
  }

  close(): void {
    if (this.#open === null) this.problems.push('closed what is not open');
    this.#open = null;
  }

  finish(end: AnswerEnd): void {
    if (this.#open !== null) this.problems.push(`finished inside ${this.#open}`);
    if (this.ended !== null || !this.#hasBegun) this.problems.push('finished twice or before the beginning');
    this.ended = end;
  }

  #noteOpen(kind: string): void {
    if (this.#open !== null || !this.#hasBegun || this.ended !== null) this.problems.push(`${kind} opened`);
    this.#open = kind;
    this.kinds.push(kind);
  }

  #noteAdd(kind: string): void {
    if (this.#open !== kind) this.problems.push(`${kind} added to ${this.#open}`);
  }
}
