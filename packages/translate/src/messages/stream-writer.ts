import { ZERO_USAGE } from '@tollgate/core';
import { buildMessagesUsage } from '@tollgate/protocol';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { AnswerEnd } from '../conversation/answer.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { StreamText } from '../conversation/stream-text.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { mapToMessagesStop } from './stop-reasons.ts';
import { UNSIGNED_THINKING } from './unsigned-thinking.ts';

/** Writes a Messages stream. True usage is known at the end only: message_delta has it, which clients believe. */
export class MessagesWriter implements AnswerSink {
  readonly #out: StreamText;
  readonly #scope: AnswerScope;
  #blocks = 0;
  #isThinking = false;
  /** Everything of a delta before its text, for the open block: built once for each block. */
  #deltaHead = '';

  constructor(out: StreamText, scope: AnswerScope) {
    this.#out = out;
    this.#scope = scope;
  }

  begin(id: string | null): void {
    const message = {
      id: buildAnswerId('msg_', id, this.#scope.createId),
      type: 'message',
      role: 'assistant',
      model: this.#scope.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: buildMessagesUsage(ZERO_USAGE),
    };
    this.#write('message_start', `"message":${JSON.stringify(message)}`);
  }

  openText(): void {
    this.#open('{"type":"text","text":""}', 'text_delta","text');
  }

  addText(text: string): void {
    this.#add(text);
  }

  /** Anthropic's models say it as text; the stop reason tells what it is. */
  openRefusal(): void {
    this.openText();
  }

  addRefusal(text: string): void {
    this.#add(text);
  }

  /** A client that asked for no thoughts gets none. */
  openThinking(): void {
    this.#isThinking = true;
    if (!this.#scope.context.showsThoughts) return;
    this.#open('{"type":"thinking","thinking":"","signature":""}', 'thinking_delta","thinking');
  }

  addThinking(text: string): void {
    if (this.#scope.context.showsThoughts) this.#add(text);
  }

  openToolCall(id: string | null, name: string): void {
    const block = { type: 'tool_use', id: id ?? `toolu_${this.#scope.createId()}`, name, input: {} };
    this.#open(JSON.stringify(block), 'input_json_delta","partial_json');
  }

  addArguments(json: string): void {
    this.#add(json);
  }

  close(): void {
    const isHidden = this.#isThinking && !this.#scope.context.showsThoughts;
    if (this.#isThinking && !isHidden) this.#sign();
    this.#isThinking = false;
    if (!isHidden) this.#write('content_block_stop', `"index":${this.#blocks - 1}`);
  }

  finish({ stop, stopSequence, usage }: AnswerEnd): void {
    const delta = { stop_reason: mapToMessagesStop(stop), stop_sequence: stopSequence };
    const figures = buildMessagesUsage(usage ?? ZERO_USAGE);
    this.#write('message_delta', `"delta":${JSON.stringify(delta)},"usage":${JSON.stringify(figures)}`);
    this.#out.add('event: message_stop\ndata: {"type":"message_stop"}\n\n');
  }

  #open(block: string, delta: string): void {
    const index = this.#blocks;
    this.#blocks += 1;
    this.#write('content_block_start', `"index":${index},"content_block":${block}`);
    this.#deltaHead =
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},` +
      `"delta":{"type":"${delta}":`;
  }

  #add(text: string): void {
    this.#out.add(`${this.#deltaHead}${JSON.stringify(text)}}}\n\n`);
  }

  #sign(): void {
    const delta = `"delta":{"type":"signature_delta","signature":"${UNSIGNED_THINKING}"}`;
    this.#write('content_block_delta', `"index":${this.#blocks - 1},${delta}`);
  }

  #write(type: string, fields: string): void {
    this.#out.add(`event: ${type}\ndata: {"type":"${type}",${fields}}\n\n`);
  }
}
