import type { MeteredUsage } from '@tollgate/core';
import { mapOpenAiError } from '../errors/read-openai-error.ts';
import { findKeyValue } from '../json/find-needle.ts';
import { isObject, parseObject, type JsonObject } from '../json/json-object.ts';
import { MeterState } from '../meters/meter-state.ts';
import type { ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { SseTap } from '../sse/sse-tap.ts';
import { ChunkShape } from './chunk-shape.ts';
import { findDeltaQuote, measureChatDelta } from './delta-bytes.ts';
import { ChatUsageFold } from './usage-fold.ts';

const DONE = '[DONE]';
const DONE_BYTES_MAX = 16;
/** A chunk is a few hundred bytes; this leaves room for whole tool inputs and pieces of audio. */
const PARSED_BYTES_MAX = 1 << 20;

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
  /** Of the last chunk that needed no parsing. */
  readonly #shape = new ChunkShape();
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
    const known = name === '' && !isCut ? this.#shape.measure(data) : -1;
    if (known !== -1) {
      this.outputBytes += known;
      return;
    }
    if (name !== 'error' && isDone(data)) return this.#noteDone(startAt);
    if (isCut) return this.#skipHuge(dataBytes);
    const text = data.toString('latin1');
    if (name !== 'error' && this.hasContent && isPlainDelta(text)) {
      this.outputBytes += measureChatDelta(text);
      const quoteAt = findDeltaQuote(text);
      if (quoteAt !== -1) this.#shape.learn(data, text, quoteAt);
      return;
    }
    const chunk = parseObject(data);
    if (chunk !== null && name !== 'error') this.#readChunk(chunk, text, startAt);
    else this.#readOddEvent(name, chunk);
  }

  #skipHuge(dataBytes: number): void {
    this.#fold.noteIrregular();
    if (this.hasStarted) this.outputBytes += dataBytes;
    this.breakUnlessStarted();
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

  #readChunk(chunk: JsonObject, text: string, startAt: number): void {
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
    this.outputBytes += measureChatDelta(text);
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
  return data.length <= DONE_BYTES_MAX && data.toString('latin1').trim() === DONE;
}

/** Whether a chunk (latin1) needs no parsing: it has choices, none of them finishes, and there is no usage. */
function isPlainDelta(text: string): boolean {
  if (findKeyValue(text, '"choices"') === -1 || text[findKeyValue(text, '"usage"')] === '{') return false;
  let at = findKeyValue(text, '"finish_reason"');
  while (at !== -1 && text[at] !== '"') at = findKeyValue(text, '"finish_reason"', at);
  return at === -1;
}
