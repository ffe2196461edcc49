import { ZERO_USAGE } from '@tollgate/core';
import { buildResponsesUsage } from '@tollgate/protocol';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { AnswerEnd } from '../conversation/answer.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { StreamText } from '../conversation/stream-text.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { readEcho, selectClientTool, type ResponsesEcho } from './answer-echo.ts';
import { buildResponseObject, mapToIncompleteReason, type ResponseStatus } from './response-object.ts';
import {
  CallItem,
  CustomCallItem,
  ReasoningItem,
  RefusalItem,
  TextItem,
  type StreamItem,
} from './stream-items.ts';

/**
 * Writes a Responses stream: events numbered without gaps, each item with all of its own events and repeated whole,
 * then one terminal event with all items.
 */
export class ResponsesWriter implements AnswerSink {
  readonly #out: StreamText;
  readonly #scope: AnswerScope;
  readonly #echo: ResponsesEcho;
  #id = '';
  #sequence = 0;
  #item: StreamItem | null = null;
  /** JSON of the items that are done. */
  readonly #items: string[] = [];
  #hasRefusal = false;
  /** Everything of a delta before its text, for the open item. */
  #deltaHead = '';

  constructor(out: StreamText, scope: AnswerScope) {
    this.#out = out;
    this.#scope = scope;
    this.#echo = readEcho(scope.context.echo);
  }

  begin(id: string | null): void {
    this.#id = buildAnswerId('resp_', id, this.#scope.createId);
    const response = this.#buildResponse('in_progress', null, 'null');
    this.#write('response.created', `"response":${response}`);
    this.#write('response.in_progress', `"response":${response}`);
  }

  openText(): void {
    this.#open(new TextItem(this.#buildItemId('msg_')));
  }

  addText(text: string): void {
    this.#add(text);
  }

  openRefusal(): void {
    this.#hasRefusal = true;
    this.#open(new RefusalItem(this.#buildItemId('msg_')));
  }

  addRefusal(text: string): void {
    this.#add(text);
  }

  /** A client that asked for no summary gets none. */
  openThinking(): void {
    if (this.#scope.context.showsThoughts) this.#open(new ReasoningItem(this.#buildItemId('rs_')));
  }

  addThinking(text: string): void {
    this.#add(text);
  }

  openToolCall(id: string | null, name: string): void {
    const facts = { callId: id ?? `call_${this.#scope.createId()}`, ...selectClientTool(name, this.#echo) };
    if (this.#echo.customTools.has(name)) {
      this.#open(new CustomCallItem({ id: this.#buildItemId('ctc_'), ...facts }));
    } else this.#open(new CallItem({ id: this.#buildItemId('fc_'), ...facts }));
  }

  addArguments(json: string): void {
    this.#add(json);
  }

  close(): void {
    const item = this.#item;
    if (item === null) return;
    const rest = item.takeRest();
    if (rest !== '') this.#writeDelta(rest);
    for (const { type, fields } of item.listDone()) this.#write(type, this.#place(item, fields));
    const whole = JSON.stringify(item.build());
    this.#write('response.output_item.done', `"output_index":${this.#items.length},"item":${whole}`);
    this.#items.push(whole);
    this.#item = null;
  }

  finish({ stop, usage }: AnswerEnd): void {
    const reason = mapToIncompleteReason(stop, this.#hasRefusal);
    const status = reason === null ? 'completed' : 'incomplete';
    const figures = JSON.stringify(buildResponsesUsage(usage ?? ZERO_USAGE));
    this.#write(`response.${status}`, `"response":${this.#buildResponse(status, reason, figures)}`);
  }

  #open(item: StreamItem): void {
    this.#item = item;
    const index = this.#items.length;
    this.#write(
      'response.output_item.added',
      `"output_index":${index},"item":${JSON.stringify(item.buildStart())}`,
    );
    for (const { type, fields } of item.listStart()) this.#write(type, this.#place(item, fields));
    this.#deltaHead =
      `event: ${item.deltaType}\ndata: {"type":"${item.deltaType}",` +
      `${this.#place(item, item.partFields)},"delta":`;
  }

  #add(text: string): void {
    if (this.#item === null) return;
    const piece = this.#item.add(text);
    if (piece !== '') this.#writeDelta(piece);
  }

  #writeDelta(text: string): void {
    this.#out.add(`${this.#deltaHead}${JSON.stringify(text)},"sequence_number":${this.#sequence}}\n\n`);
    this.#sequence += 1;
  }

  #place({ id }: StreamItem, fields: string): string {
    return `"item_id":${JSON.stringify(id)},"output_index":${this.#items.length}${fields}`;
  }

  #buildItemId(prefix: string): string {
    return `${prefix}${this.#id.slice('resp_'.length)}_${this.#items.length}`;
  }

  #buildResponse(status: ResponseStatus, reason: string | null, usage: string): string {
    const response = JSON.stringify(buildResponseObject(this.#id, status, reason, this.#scope));
    return `${response.slice(0, -1)},"output":[${this.#items.join(',')}],"usage":${usage}}`;
  }

  #write(type: string, fields: string): void {
    this.#out.add(
      `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence},${fields}}\n\n`,
    );
    this.#sequence += 1;
  }
}
