import { ZERO_USAGE } from '@tollgate/core';
import { buildGeminiUsage } from '@tollgate/protocol';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { AnswerEnd } from '../conversation/answer.ts';
import { buildArguments } from '../conversation/build-arguments.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { StreamText } from '../conversation/stream-text.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { parseExactJson } from '../json/parse-exact-json.ts';
import { mapToGeminiFinish } from './finish-reasons.ts';

const LINE_END = /[\r\n]/u;

/**
 * Writes streamGenerateContent: each chunk a whole response, a call only when its arguments are whole, the reason and
 * the usage in the last one. As SSE each event is one `data: ` line with its own blank line, for Google's clients lose
 * or refuse all else; without `alt=sse` it is one JSON array.
 */
export class GeminiWriter implements AnswerSink {
  readonly #out: StreamText;
  readonly #scope: AnswerScope;
  readonly #isArray: boolean;
  /** What every chunk ends with: built once for each stream. */
  #tail = '';
  #chunks = 0;
  #isThinking = false;
  /** The open call's head; null = no call is open. */
  #call: string | null = null;
  #arguments = '';

  constructor(out: StreamText, scope: AnswerScope) {
    this.#out = out;
    this.#scope = scope;
    this.#isArray = scope.framing === 'array';
  }

  begin(id: string | null): void {
    const { model, createId } = this.#scope;
    const responseId = buildAnswerId('', id, createId);
    this.#tail = `"modelVersion":${JSON.stringify(model)},"responseId":${JSON.stringify(responseId)}}`;
  }

  openText(): void {}

  addText(text: string): void {
    this.#writePart(`{"text":${JSON.stringify(text)}}`);
  }

  openRefusal(): void {}

  /** Google has no words of its own for it; the finish reason tells what it is. */
  addRefusal(text: string): void {
    this.addText(text);
  }

  openThinking(): void {
    this.#isThinking = true;
  }

  /** A client that asked for no thoughts gets none. */
  addThinking(text: string): void {
    if (this.#isThinking && this.#scope.context.showsThoughts) {
      this.#writePart(`{"text":${JSON.stringify(text)},"thought":true}`);
    }
  }

  openToolCall(id: string | null, name: string): void {
    const head = id === null ? '' : `"id":${JSON.stringify(id)},`;
    this.#call = `{"functionCall":{${head}"name":${JSON.stringify(name)},"args":`;
    this.#arguments = '';
  }

  addArguments(json: string): void {
    this.#arguments += json;
  }

  close(): void {
    if (this.#call !== null) this.#writePart(`${this.#call}${this.#buildArgs()}}}`);
    this.#call = null;
    this.#isThinking = false;
  }

  finish({ stop, usage }: AnswerEnd): void {
    const figures = JSON.stringify(buildGeminiUsage(usage ?? ZERO_USAGE));
    const candidate =
      `{"content":{"parts":[{"text":""}],"role":"model"},` +
      `"finishReason":"${mapToGeminiFinish(stop)}","index":0}`;
    this.#write(`{"candidates":[${candidate}],"usageMetadata":${figures},${this.#tail}`);
    if (this.#isArray) this.#out.add(']');
  }

  /** A line end, which JSON allows between its words, would end the event's line. */
  #buildArgs(): string {
    const json = buildArguments(this.#arguments);
    return LINE_END.test(json) ? JSON.stringify(parseExactJson(json)) : json;
  }

  #writePart(part: string): void {
    this.#write(`{"candidates":[{"content":{"parts":[${part}],"role":"model"},"index":0}],${this.#tail}`);
  }

  #write(chunk: string): void {
    if (this.#isArray) this.#out.add((this.#chunks === 0 ? '[' : ',\r\n') + chunk);
    else this.#out.add(`data: ${chunk}\r\n\r\n`);
    this.#chunks += 1;
  }
}
