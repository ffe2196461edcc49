import { ResponsesUsageFold } from '@tollgate/protocol';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { StopReason } from '../conversation/answer.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import { SseReader } from '../conversation/sse-reader.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { buildCustomArguments } from './custom-input.ts';
import { decodeItem } from './decode-answer.ts';
import { ItemRow } from './item-row.ts';
import { mapFromResponse } from './response-object.ts';

type Words = 'text' | 'refusal' | 'thinking';

interface OpenItem {
  item: JsonObject;
  /** The block that is open in the sink; null = none. */
  block: Words | 'call' | null;
  /** Whether anything of it came piece by piece: else the whole item, at its end, is all there is. */
  hasPieces: boolean;
}

/** Reads a Responses stream. Items come one after the other, but for upstreams that mix them. */
export class ResponsesReader extends SseReader {
  readonly #scope: AnswerScope;
  readonly #fold = new ResponsesUsageFold();
  readonly #row = new ItemRow();
  readonly #items = new Map<unknown, OpenItem>();
  /** `output_index` of the items that are over. */
  readonly #ended = new Set<unknown>();
  #hasBegun = false;
  #hasCalls = false;
  #hasRefusal = false;
  #stop: StopReason = 'end';

  constructor(sink: AnswerSink, scope: AnswerScope) {
    super(sink);
    this.#scope = scope;
  }

  protected readEvent(name: string, data: JsonObject): void {
    const { type = name, output_index: index } = data;
    switch (type) {
      case 'response.output_text.delta':
        return this.#addWords(index, 'text', data['delta']);
      case 'response.function_call_arguments.delta':
        return this.#addJson(index, data['delta']);
      case 'response.function_call_arguments.done':
        return this.#addWholeJson(index, data['arguments']);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#addWords(index, 'thinking', data['delta']);
      case 'response.refusal.delta':
        return this.#addWords(index, 'refusal', data['delta']);
      case 'response.reasoning_summary_part.added':
        return data['summary_index'] === 0 ? undefined : this.#addWords(index, 'thinking', '\n\n');
      case 'response.content_part.done':
        return this.#inRow(index, () => this.#close(index));
      case 'response.output_item.added':
        return this.#addItem(index, data['item']);
      case 'response.output_item.done':
        return this.#endItem(index, data['item']);
      default:
        return this.#readResponseEvent(type, data);
    }
  }

  #readResponseEvent(type: unknown, data: JsonObject): void {
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        return this.#begin(data['response']);
      case 'response.completed':
      case 'response.incomplete':
        return this.#complete(data['response']);
      case 'response.failed':
      case 'error':
        // Behind the end of the answer it harms nobody.
        if (!this.isComplete) this.fail();
        return;
      default:
    }
  }

  /** A second answer in one stream goes on with the first, as it does in Messages. */
  #begin(response: unknown): void {
    if (!isObject(response)) return;
    this.isComplete = false;
    this.#ended.clear();
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.sink.begin(typeof response['id'] === 'string' ? response['id'] : null);
  }

  #addItem(index: unknown, item: unknown): void {
    // Behind the end of a response only another one can begin.
    if (!this.#hasBegun || this.isComplete || !isObject(item)) return;
    const before = this.#items.get(index);
    if (before !== undefined) this.#endItem(index, before.item);
    this.#items.set(index, { item, block: null, hasPieces: false });
    this.#hasCalls ||= isCall(item);
    this.#inRow(index, () => {
      if (item['type'] === 'function_call') this.#openCall(index, item);
    });
  }

  #openCall(index: unknown, item: JsonObject): void {
    this.#close(index);
    const open = this.#items.get(index);
    if (open !== undefined) open.block = 'call';
    const { call_id: id, name } = item;
    const called = typeof name === 'string' ? restoreToolName(name, this.#scope.context) : '';
    this.sink.openToolCall(typeof id === 'string' && id !== '' ? id : null, called);
  }

  #addWords(index: unknown, kind: Words, text: unknown): void {
    if (typeof text !== 'string' || text === '' || !this.#items.has(index)) return;
    if (this.#row.isNext(index)) this.#writeWords(index, kind, text);
    else this.#row.wait(index, () => this.#writeWords(index, kind, text));
  }

  #writeWords(index: unknown, kind: Words, text: string): void {
    const open = this.#items.get(index);
    if (open === undefined) return;
    open.hasPieces = true;
    if (open.block !== kind) {
      this.#close(index);
      open.block = kind;
      this.#openWords(kind);
    }
    if (kind === 'text') this.sink.addText(text);
    else if (kind === 'thinking') this.sink.addThinking(text);
    else this.sink.addRefusal(text);
  }

  #openWords(kind: Words): void {
    if (kind === 'text') this.sink.openText();
    else if (kind === 'thinking') this.sink.openThinking();
    else {
      this.#hasRefusal = true;
      this.sink.openRefusal();
    }
  }

  #addJson(index: unknown, json: unknown): void {
    if (typeof json !== 'string' || json === '' || !this.#items.has(index)) return;
    if (this.#row.isNext(index)) this.#writeJson(index, json);
    else this.#row.wait(index, () => this.#writeJson(index, json));
  }

  /** Of upstreams that send no pieces. */
  #addWholeJson(index: unknown, json: unknown): void {
    if (typeof json !== 'string' || json === '') return;
    this.#inRow(index, () => {
      if (this.#items.get(index)?.hasPieces === false) this.#writeJson(index, json);
    });
  }

  #writeJson(index: unknown, json: string): void {
    const open = this.#items.get(index);
    if (open?.block !== 'call') return;
    open.hasPieces = true;
    this.sink.addArguments(json);
  }

  #endItem(index: unknown, item: unknown): void {
    // Some upstreams tell of an item only when it is whole; without an index nobody can say whether it was told.
    if (!this.#items.has(index) && !(index !== undefined && this.#ended.has(index)))
      this.#addItem(index, item);
    this.#ended.add(index);
    this.#inRow(index, () => this.#finishItem(index, isObject(item) ? item : {}));
    this.#row.done(index);
  }

  /** Free text of custom tools becomes JSON as a whole; some upstreams send other items whole, too. */
  #finishItem(index: unknown, item: JsonObject): void {
    const open = this.#items.get(index);
    if (open === undefined) return;
    if (item['type'] === 'custom_tool_call') this.#writeCustomCall(index, item);
    else if (!open.hasPieces) this.#writeWhole(index, open, item);
    this.#close(index);
    this.#items.delete(index);
  }

  #writeCustomCall(index: unknown, item: JsonObject): void {
    this.#openCall(index, item);
    this.sink.addArguments(buildCustomArguments(typeof item['input'] === 'string' ? item['input'] : ''));
  }

  #writeWhole(index: unknown, open: OpenItem, item: JsonObject): void {
    for (const block of decodeItem(item, this.#scope)) {
      if (block.type !== 'tool-call') this.#writeWords(index, block.type, block.text);
      else if (open.block === 'call') this.sink.addArguments(block.arguments);
    }
  }

  #close(index: unknown): void {
    const open = this.#items.get(index);
    if (open === undefined || open.block === null) return;
    open.block = null;
    this.sink.close();
  }

  /** An item that has not begun has no place in the row. */
  #inRow(index: unknown, step: () => void): void {
    if (!this.#items.has(index)) return;
    if (this.#row.isNext(index)) step();
    else this.#row.wait(index, step);
  }

  #complete(response: unknown): void {
    if (!this.#hasBegun || !isObject(response)) return;
    this.#endAll(Array.isArray(response['output']) ? response['output'] : []);
    this.#fold.add(response['usage']);
    this.#fold.addTools(response['tool_usage']);
    this.#fold.setItems(response['output']);
    this.#stop = mapFromResponse(response, { hasCalls: this.#hasCalls, hasRefusal: this.#hasRefusal });
    this.isComplete = true;
  }

  /** The end is told when the stream has closed. */
  protected override readEnd(): void {
    if (!this.isComplete) return;
    this.sink.finish({ stop: this.#stop, stopSequence: null, usage: this.#fold.read()?.usage ?? null });
  }

  /** `output`: the items as the end repeats them; where nothing else came of them, they are all there is. */
  #endAll(output: readonly unknown[]): void {
    if (this.#items.size === 0 && this.#ended.size === 0) {
      for (const [index, item] of output.entries()) this.#endItem(index, item);
    }
    for (const [index, { item }] of this.#items) {
      this.#endItem(index, typeof index === 'number' ? (output[index] ?? item) : item);
    }
    this.#row.end();
  }
}

function isCall({ type }: JsonObject): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}
