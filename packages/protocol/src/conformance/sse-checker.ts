import { isObject, parseJson, type JsonObject } from '../json/json-object.ts';
import { SseTap } from '../sse/sse-tap.ts';
import { CheckerBase } from './checker.ts';

const EVENT_BYTES_MAX = 64 << 20;
const DONE = '[DONE]';

/** What the checkers of protocols over server-sent events have in common: framing, JSON, and the end. */
export abstract class SseChecker extends CheckerBase {
  #isEnding = false;
  #commentAt = -1;
  readonly #tap = new SseTap({
    selectDataBytesMax: () => EVENT_BYTES_MAX,
    onEvent: (name, data, _dataBytes, startAt) => this.#onEvent(name, data, startAt),
    onForeignLine: () => {},
    onForeignText: (line) => this.readForeign(line),
    onComment: (at) => {
      this.#commentAt = at;
    },
  });

  push(chunk: Buffer): void {
    this.#tap.push(chunk);
  }

  end(): void {
    this.#isEnding = true;
    this.#tap.end();
    this.event += 1;
    this.finish();
  }

  /** One event; `isMarked`: a comment stands inside it. */
  protected abstract readEvent(name: string, data: JsonObject, isMarked: boolean): void;
  /** A line that no field begins with. */
  protected readForeign(_line: Buffer): void {
    this.report('framing', 'a line that is no field of an event');
  }

  /** `data: [DONE]`. */
  protected abstract readDone(): void;
  /** The stream is over. */
  protected abstract finish(): void;

  #onEvent(name: string, data: Buffer, startAt: number): void {
    this.event += 1;
    // Clients drop what has no blank line behind it.
    if (this.#isEnding) this.report('framing', 'the last event has no blank line behind it');
    const text = data.toString('utf8').trim();
    if (text === DONE) return this.readDone();
    const value = parseJson(data);
    if (isObject(value)) this.readEvent(name, value, this.#commentAt >= startAt);
    else this.report('json', 'data is not one JSON object');
  }
}
