import type { MeteredUsage } from '@tollgate/core';
import { mapOpenAiError } from '../errors/read-openai-error.ts';
import { buildKeyNeedle, findKeyValue } from '../json/find-needle.ts';
import { isObject, parseObject, type JsonObject } from '../json/json-object.ts';
import { MeterState } from '../meters/meter-state.ts';
import type { ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { SseTap } from '../sse/sse-tap.ts';
import { measureChatDelta } from './delta-bytes.ts';
import { ChatUsageFold } from './usage-fold.ts';

const DONE = Buffer.from('[DONE]');
const DONE_BYTES_MAX = 16;
const QUOTE = 34;
const OPEN_BRACE = 123;
/** A chunk is a few hundred bytes; this leaves room for whole tool inputs and pieces of audio. */
const PARSED_BYTES_MAX = 1 << 20;
const USAGE = buildKeyNeedle('usage');
const FINISH_REASON = buildKeyNeedle('finish_reason');
const CHOICES = buildKeyNeedle('choices');

/**
 * Meter of Chat Completions streams: `data:` chunks without event names, `[DONE]` at the end. Chunks are parsed until
 * the first content, and then only those that finish, carry usage or look like no chunk.
 */
export function createChatStreamMeter(): ProtocolStreamMeter {
  return new ChatStreamMeter();
}

class ChatStreamMeter extends MeterState {
  readonly #fold = new ChatUsageFold();
  readonly #tap = new SseTap({
    selectDataBytesMax: () => PARSED_BYTES_MAX,
    onEvent: (name, data, dataBytes, startAt, isCut) => this.#onEvent(name, data, dataBytes, startAt, isCut),
    onForeignLine: () => this.breakUnlessStarted(),
  });
  /** Index of each choice that has begun → it has a finish reason. */
  readonly #choices = new Map<number, boolean>();

  get irregular(): number {
    return this.#fold.irregular;
  }

  get isFinished(): boolean {
    return this.isComplete || (this.#hasFinishReasons && !this.#fold.isEmpty);
  }

  get #hasFinishReasons(): boolean {
    if (this.#choices.size === 0) return false;
    for (const isFinished of this.#choices.values()) if (!isFinished) return false;
    return true;
  }

  push(chunk: Buffer): void {
    this.#tap.push(chunk);
  }

  /** Some compatible vendors close without `[DONE]`: whole is what has finished and said what it used. */
  end(): void {
    this.#tap.end();
    if (this.error !== null) return;
    this.breakUnlessStarted();
    this.isComplete ||= this.hasStarted && this.isFinished;
  }

  usage(): MeteredUsage | null {
    return this.#fold.read();
  }

  #onEvent(name: string, data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void {
    // Nothing counts behind an error, so that the cut of the bytes cannot matter.
    if (this.error !== null) return;
    if (name !== 'error' && isDone(data)) return this.#noteDone(startAt);
    if (name !== 'error' && this.hasContent && (isCut || isPlainDelta(data))) {
      this.outputBytes += measureChatDelta(data, dataBytes, isCut);
      return;
    }
    const chunk = isCut ? null : parseObject(data);
    if (chunk !== null && name !== 'error') this.#readChunk(chunk, data, startAt);
    else this.#readOddEvent(name, chunk);
  }

  #noteDone(startAt: number): void {
    this.isComplete = this.hasStarted;
    this.noteContent(startAt);
  }

  #readOddEvent(name: string, chunk: JsonObject | null): void {
    // Behind the end of the message an error harms nobody.
    if (name === 'error' && !this.isComplete) {
      this.error = mapOpenAiError(chunk, null) ?? { type: 'api_error', message: '', status: 500 };
      return;
    }
    this.#fold.noteIrregular();
    this.breakUnlessStarted();
  }

  #readChunk(chunk: JsonObject, data: Buffer, startAt: number): void {
    const error = this.isComplete ? null : mapOpenAiError(chunk, null);
    if (Array.isArray(chunk['choices'])) this.start();
    this.#fold.noteModel(chunk['model']);
    this.#fold.add(chunk['usage']);
    if (isObject(chunk['x_groq'])) this.#fold.add(chunk['x_groq']['usage']);
    if (error !== null) {
      this.error = error;
      return;
    }
    if (!Array.isArray(chunk['choices'])) return;
    this.outputBytes += measureChatDelta(data, data.length, false);
    for (const choice of chunk['choices']) if (isObject(choice)) this.#readChoice(choice, startAt);
  }

  #readChoice(choice: JsonObject, startAt: number): void {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
    const { finish_reason: reason, delta } = choice;
    const isFinished = typeof reason === 'string' && reason !== '';
    this.#choices.set(index, isFinished || this.#choices.get(index) === true);
    if (isFinished || (isObject(delta) && hasDeltaContent(delta))) this.noteContent(startAt);
  }
}

/** More than a role: the first chunk of OpenAI has `"content":""` and `"refusal":null`. */
function hasDeltaContent(delta: JsonObject): boolean {
  return Object.entries(delta).some(([key, value]) => {
    if (key === 'role' || value === null || value === '') return false;
    return !Array.isArray(value) || value.length > 0;
  });
}

function isDone(data: Buffer): boolean {
  return data.length <= DONE_BYTES_MAX && data.toString('latin1').trim() === DONE.toString();
}

/** Whether a chunk needs no parsing: it has choices, none of them finishes, and there is no usage. */
function isPlainDelta(data: Buffer): boolean {
  if (findKeyValue(data, CHOICES) === -1 || data[findKeyValue(data, USAGE)] === OPEN_BRACE) return false;
  let at = findKeyValue(data, FINISH_REASON);
  while (at !== -1 && data[at] !== QUOTE) at = findKeyValue(data, FINISH_REASON, at);
  return at === -1;
}
