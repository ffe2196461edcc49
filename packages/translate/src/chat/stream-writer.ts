import { ZERO_USAGE } from '@tollgate/core';
import { buildChatUsage } from '@tollgate/protocol';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { AnswerEnd } from '../conversation/answer.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { StreamText } from '../conversation/stream-text.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { mapToFinishReason } from './finish-reasons.ts';

/** Writes a Chat Completions stream: role, content, finish, the usage for a client that asked, `[DONE]`. */
export class ChatWriter implements AnswerSink {
  readonly #out: StreamText;
  readonly #scope: AnswerScope;
  /** What all chunks begin with, and what chunks with a delta have around it: built once for each stream. */
  #head = '';
  #deltaHead = '';
  readonly #deltaTail: string;
  #calls = 0;
  #callHead = '';
  #hasArguments = false;
  #isCall = false;

  constructor(out: StreamText, scope: AnswerScope) {
    this.#out = out;
    this.#scope = scope;
    const usage = scope.context.includesUsage ? ',"usage":null' : '';
    this.#deltaTail = `},"finish_reason":null}]${usage}}\n\n`;
  }

  begin(id: string | null): void {
    const { createId, createdAtS, model } = this.#scope;
    const answerId = JSON.stringify(buildAnswerId('chatcmpl-', id, createId));
    this.#head =
      `data: {"id":${answerId},"object":"chat.completion.chunk","created":${createdAtS},` +
      `"model":${JSON.stringify(model)},"choices":[`;
    this.#deltaHead = `${this.#head}{"index":0,"delta":{`;
    this.#writeDelta('"role":"assistant","content":"","refusal":null');
  }

  openText(): void {}

  addText(text: string): void {
    this.#writeDelta(`"content":${JSON.stringify(text)}`);
  }

  openRefusal(): void {}

  addRefusal(text: string): void {
    this.#writeDelta(`"refusal":${JSON.stringify(text)}`);
  }

  openThinking(): void {}

  /** The name that compatible vendors gave it; OpenAI's own SDK overlooks it. */
  addThinking(text: string): void {
    this.#writeDelta(`"reasoning_content":${JSON.stringify(text)}`);
  }

  openToolCall(id: string | null, name: string): void {
    const index = this.#calls;
    this.#calls += 1;
    this.#isCall = true;
    this.#hasArguments = false;
    const call = {
      index,
      id: id ?? `call_${this.#scope.createId()}`,
      type: 'function',
      function: { name, arguments: '' },
    };
    this.#writeDelta(`"tool_calls":[${JSON.stringify(call)}]`);
    this.#callHead = `"tool_calls":[{"index":${index},"function":{"arguments":`;
  }

  addArguments(json: string): void {
    this.#hasArguments = true;
    this.#writeDelta(`${this.#callHead}${JSON.stringify(json)}}}]`);
  }

  /** Clients parse the arguments as they are: nothing is no JSON. */
  close(): void {
    if (this.#isCall && !this.#hasArguments) this.addArguments('{}');
    this.#isCall = false;
  }

  finish({ stop, usage }: AnswerEnd): void {
    const { includesUsage } = this.#scope.context;
    const reason = mapToFinishReason(stop);
    const tail = includesUsage ? ',"usage":null' : '';
    this.#out.add(`${this.#head}{"index":0,"delta":{},"finish_reason":"${reason}"}]${tail}}\n\n`);
    if (includesUsage) {
      const figures = JSON.stringify(buildChatUsage(usage ?? ZERO_USAGE));
      this.#out.add(`${this.#head}],"usage":${figures}}\n\n`);
    }
    this.#out.add('data: [DONE]\n\n');
  }

  #writeDelta(fields: string): void {
    this.#out.add(this.#deltaHead + fields + this.#deltaTail);
  }
}
