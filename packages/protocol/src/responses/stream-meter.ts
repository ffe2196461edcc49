import type { MeteredUsage } from '@tollgate/core';
import { mapOpenAiError } from '../errors/read-openai-error.ts';
import { findField } from '../json/find-field.ts';
import { measureStrings } from '../json/find-needle.ts';
import { parseObject, parseText } from '../json/json-object.ts';
import { MeterState } from '../meters/meter-state.ts';
import type { ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { SseTap } from '../sse/sse-tap.ts';
import { sniffEventType } from './sniff-event-type.ts';
import { ResponsesUsageFold } from './usage-fold.ts';

/** Deltas are far smaller; of what is larger, and cut by chunk borders, the rest is counted as text unseen. */
const COUNTED_BYTES_MAX = 16 << 10;
/** Items are looked into for searches, errors are read. */
const ITEM_BYTES_MAX = 1 << 20;
/** The terminal event repeats all items, generated images included, and has the usage behind them. */
const TERMINAL_BYTES_MAX = 64 << 20;
const DELTA = '"delta":"';
const QUOTE = 34;
const BACKSLASH = 92;
const SEARCH_ITEM = '"web_search_call"';
const IMAGE_ITEM = '"image_generation_call"';

/**
 * Meter of Responses streams: named events, the end is `response.completed` or `response.incomplete`. Nothing is
 * parsed but usage, errors, and items that are web searches.
 */
export function createResponsesStreamMeter(): ProtocolStreamMeter {
  return new ResponsesStreamMeter();
}

class ResponsesStreamMeter extends MeterState {
  readonly #fold = new ResponsesUsageFold();
  /** Where the text of the last delta began. */
  #deltaAt = 0;
  readonly #tap = new SseTap({
    selectDataBytesMax,
    onEvent: (name, data, dataBytes, startAt, isCut) => this.#onEvent(name, data, dataBytes, startAt, isCut),
    onForeignLine: () => this.breakUnlessStarted(),
  });

  get irregular(): number {
    return this.#fold.irregular;
  }

  get isFinished(): boolean {
    return this.isComplete;
  }

  push(chunk: Buffer): void {
    this.#tap.push(chunk);
  }

  end(): void {
    this.#tap.end();
    if (this.error === null) this.breakUnlessStarted();
  }

  usage(): MeteredUsage | null {
    return this.#fold.read();
  }

  #onEvent(name: string, data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void {
    // Nothing counts behind an error, so that the cut of the bytes cannot matter.
    if (this.error !== null) return;
    const type = name === '' ? sniffEventType(data) : name;
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return this.#readPrelude(type, data);
      case 'response.completed':
      case 'response.incomplete':
        return this.#readTerminal(data, startAt, isCut);
      case 'response.failed':
        return this.#readFailed(data);
      case 'error':
        return this.#readError(data);
      case 'response.output_item.done':
        if (data.includes(SEARCH_ITEM)) this.#fold.addItem(parseObject(data)?.['item']);
        return this.noteContent(startAt);
      default:
        return this.#readOther(type, data, dataBytes, startAt, isCut);
    }
  }

  #readPrelude(type: string, data: Buffer): void {
    if (!isObjectStart(data)) {
      this.#fold.noteIrregular();
      return this.breakUnlessStarted();
    }
    this.start();
    // Some streams carry a second answer behind the first.
    if (type === 'response.created') this.isComplete = false;
  }

  #readTerminal(data: Buffer, startAt: number, isCut: boolean): void {
    this.start();
    this.noteContent(startAt);
    const response = isCut ? null : findField(data.toString('latin1'), ['response']);
    // The connection may break inside the event: then its name alone is no end.
    this.isComplete = this.hasStarted && (isCut || response !== null);
    this.#readResponse(response);
  }

  #readResponse(response: string | null): void {
    if (response === null) return this.#fold.noteIrregular();
    this.#fold.noteModel(readField(response, 'model'));
    this.#fold.add(readField(response, 'usage'));
    this.#fold.addTools(readField(response, 'tool_usage'));
    const output = findField(response, ['output']);
    if (output?.includes(SEARCH_ITEM)) this.#fold.setItems(parseText(output));
    if (output?.includes(IMAGE_ITEM)) this.#fold.noteTools(readField(response, 'tools'));
  }

  #readFailed(data: Buffer): void {
    const response = findField(data.toString('latin1'), ['response']);
    this.#readResponse(response);
    const error = response === null ? null : mapOpenAiError(parseText(response), null);
    this.error = error ?? { type: 'api_error', message: '', status: 500 };
  }

  #readError(data: Buffer): void {
    // Behind the end of the answer it harms nobody.
    if (this.isComplete) return;
    this.error = mapOpenAiError(parseObject(data), null) ?? { type: 'api_error', message: '', status: 500 };
  }

  /**
   * The text as it stands in the JSON; of an event that is cut all that is missing counts as text. It begins where it
   * began in the event before, or a digit of `sequence_number` later: looking there costs less than a search.
   */
  #countDelta(data: Buffer, dataBytes: number, isCut: boolean): void {
    if (hasDeltaAt(data, this.#deltaAt + 1)) this.#deltaAt += 1;
    const quote = hasDeltaAt(data, this.#deltaAt) ? data.indexOf(QUOTE, this.#deltaAt) : -1;
    if (!isCut && quote !== -1 && data[quote - 1] !== BACKSLASH) {
      this.outputBytes += quote - this.#deltaAt;
      return;
    }
    const text = data.toString('latin1');
    this.#deltaAt = text.indexOf(DELTA) + DELTA.length;
    this.outputBytes += measureStrings(text, '"delta"') + (isCut ? dataBytes - data.length : 0);
  }

  /** New event types must pass; but a stream cannot begin with what is no JSON object. */
  #readOther(type: string, data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void {
    if (!type.startsWith('response.')) {
      if (!isObjectStart(data) && !isDone(data)) this.breakUnlessStarted();
      return;
    }
    if (type.endsWith('.delta')) this.#countDelta(data, dataBytes, isCut);
    this.noteContent(startAt);
  }
}

function selectDataBytesMax(eventName: string): number {
  switch (eventName) {
    case '':
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      return TERMINAL_BYTES_MAX;
    case 'error':
    case 'response.output_item.done':
      return ITEM_BYTES_MAX;
    default:
      return COUNTED_BYTES_MAX;
  }
}

/** Whether `"delta":"` stands right before `at`. */
function hasDeltaAt(data: Buffer, at: number): boolean {
  const from = at - DELTA.length;
  if (from < 0) return false;
  for (let index = 0; index < DELTA.length; index += 1) {
    if (data[from + index] !== DELTA.charCodeAt(index)) return false;
  }
  return true;
}

function readField(text: string, key: string): unknown {
  const value = findField(text, [key]);
  return value === null ? undefined : parseText(value);
}

function isObjectStart(data: Buffer): boolean {
  return data.toString('latin1', 0, 64).trimStart().startsWith('{');
}

/** Some compatible vendors end with it; it says nothing that the terminal event has not said. */
function isDone(data: Buffer): boolean {
  return data.length <= 16 && data.toString('latin1').trim() === '[DONE]';
}
