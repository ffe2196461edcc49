import { SseTap } from '@tollgate/protocol';
import { isObject, type JsonObject } from '../json/json-object.ts';
import type { AnswerReader, AnswerSink } from './answer-sink.ts';
import type { AnswerEnd } from './answer.ts';

/** A generated image in base64 is the largest thing that an event holds. */
const EVENT_BYTES_MAX = 64 << 20;
const DONE = '[DONE]';

/** What readers of server-sent events have in common: framing, one JSON.parse for each event, and the end. */
export abstract class SseReader implements AnswerReader {
  protected readonly sink: AnswerSink;
  isComplete = false;
  #hasFailed = false;
  #hasFinished = false;
  readonly #tap = new SseTap({
    selectDataBytesMax: () => EVENT_BYTES_MAX,
    onEvent: (name, data) => this.#onEvent(name, data),
    onForeignLine: () => {},
  });

  constructor(sink: AnswerSink) {
    this.sink = sink;
  }

  push(chunk: Buffer): void {
    this.#tap.push(chunk);
  }

  end(): void {
    this.#tap.end();
    if (!this.#hasFailed && !this.#hasFinished) this.readEnd();
  }

  /** One event with its data; never after an error or the end of the answer. */
  protected abstract readEvent(name: string, data: JsonObject): void;
  /** `data: [DONE]`. */
  protected readDone(): void {}
  /** The stream is over, and `complete` has not been called. */
  protected readEnd(): void {}

  /** Nothing of the stream counts behind it. */
  protected complete(end: AnswerEnd): void {
    this.isComplete = true;
    this.#hasFinished = true;
    this.sink.finish(end);
  }

  /** The answer broke: nothing of it counts any more, and it never becomes whole. The gateway tells the client. */
  protected fail(): void {
    this.#hasFailed = true;
    this.isComplete = false;
  }

  #onEvent(name: string, data: Buffer): void {
    if (this.#hasFailed || this.#hasFinished) return;
    const text = data.toString('utf8');
    const event = parseEvent(text);
    if (event !== null) this.readEvent(name, event);
    else if (text.trim() === DONE) this.readDone();
  }
}

function parseEvent(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
