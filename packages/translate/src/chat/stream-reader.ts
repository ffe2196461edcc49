import { ChatUsageFold } from '@tollgate/protocol';
import type { AnswerContext } from '../conversation/answer-context.ts';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import { readArgumentsText } from '../conversation/build-arguments.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { SseReader } from '../conversation/sse-reader.ts';
import { findFirstChoice } from '../json/find-first-choice.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import { BlockRow } from './block-row.ts';
import { listContentParts } from './content-parts.ts';
import { mapFromFinishReason } from './finish-reasons.ts';

/** Reads a Chat Completions stream, of OpenAI and of the vendors that are like it. The first choice is all. */
export class ChatReader extends SseReader {
  readonly #fold = new ChatUsageFold();
  readonly #row = new BlockRow(this.sink);
  #hasBegun = false;
  #finishReason: string | null = null;
  readonly #context: AnswerContext;

  constructor(sink: AnswerSink, { context }: AnswerScope) {
    super(sink);
    this.#context = context;
  }

  protected readEvent(name: string, data: JsonObject): void {
    if (name === 'error' || isObject(data['error'])) return this.fail();
    if (data['usage'] !== undefined) this.#fold.add(data['usage']);
    if (isObject(data['x_groq'])) this.#fold.add(data['x_groq']['usage']);
    const { choices } = data;
    // The chunk with the usage has no choice, and neither has Azure's first.
    if (!Array.isArray(choices)) return;
    const choice = findFirstChoice(choices);
    if (choice !== undefined) this.#readChoice(choice, data['id']);
    this.isComplete = this.#isFinished;
  }

  protected override readDone(): void {
    if (this.#hasBegun) this.#complete();
  }

  /** Some vendors close without `[DONE]`: whole is what has finished and said what it used, as the meter sees it. */
  protected override readEnd(): void {
    if (this.#isFinished) this.#complete();
  }

  get #isFinished(): boolean {
    return this.#finishReason !== null && !this.#fold.isEmpty;
  }

  #readChoice(choice: JsonObject, id: unknown): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.sink.begin(typeof id === 'string' ? id : null);
    }
    const { delta, finish_reason: reason } = choice;
    if (isObject(delta)) this.#readDelta(delta);
    if (typeof reason === 'string' && reason !== '') this.#finishReason = reason;
  }

  #readDelta(delta: JsonObject): void {
    const { content, refusal, reasoning_content: thinking, reasoning, tool_calls: calls } = delta;
    if (typeof thinking === 'string') this.#row.add('thinking', thinking);
    else if (typeof reasoning === 'string') this.#row.add('thinking', reasoning);
    if (typeof content === 'string') this.#row.add('text', content);
    else if (Array.isArray(content)) {
      for (const { kind, text } of listContentParts(content)) this.#row.add(kind, text);
    }
    if (typeof refusal === 'string') this.#row.add('refusal', refusal);
    if (calls !== undefined && calls !== null) {
      for (const call of listObjects(calls)) this.#readCall(call);
    }
  }

  #readCall(call: JsonObject): void {
    const described = call['function'];
    if (!isObject(described)) return;
    const { name, arguments: json } = described;
    this.#row.addCall(typeof call['index'] === 'number' ? call['index'] : null, {
      id: typeof call['id'] === 'string' && call['id'] !== '' ? call['id'] : null,
      name: typeof name === 'string' ? restoreToolName(name, this.#context) : '',
      json: readArgumentsText(json),
    });
  }

  #complete(): void {
    this.#row.end();
    const stop = mapFromFinishReason(this.#finishReason, this.#row);
    this.complete({ stop, stopSequence: null, usage: this.#fold.read()?.usage ?? null });
  }
}
