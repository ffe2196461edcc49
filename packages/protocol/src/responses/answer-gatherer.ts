import { mapOpenAiError } from '../errors/read-openai-error.ts';
import { findField } from '../json/find-field.ts';
import { isObject, parseText } from '../json/json-object.ts';
import { listElements } from '../json/list-elements.ts';
import { listMembers } from '../json/list-members.ts';
import { SseTap } from '../sse/sse-tap.ts';
import { sniffEventType } from './sniff-event-type.ts';

/** Makes the answer of a plain call of a Responses stream. Never throws, whatever the cut of the bytes. */
export interface AnswerGatherer {
  /** The chunk is not kept. */
  push(chunk: Buffer): void;
  end(): void;
  /** The response object; null = it is not whole, or another one has begun behind it. */
  readonly answer: Buffer | null;
  /** The stream's error as the body of an HTTP error; null = none came before the end of the answer. */
  readonly errorBody: Buffer | null;
  /** Items or the answer itself are larger than `answerBytesMax`. */
  readonly isTooLarge: boolean;
}

/**
 * The answer is the object in `response.completed` or `response.incomplete`, byte for byte. Hosts of ChatGPT accounts
 * leave its `output` empty: there the items of `response.output_item.done` are put in, in the order of their index.
 */
export function createResponsesGatherer(answerBytesMax: number): AnswerGatherer {
  return new ResponsesGatherer(answerBytesMax);
}

class ResponsesGatherer implements AnswerGatherer {
  readonly #bytesMax: number;
  /** JSON texts (latin1) by `output_index`. */
  readonly #items = new Map<number, string>();
  #itemBytes = 0;
  answer: Buffer | null = null;
  errorBody: Buffer | null = null;
  isTooLarge = false;
  readonly #tap = new SseTap({
    selectDataBytesMax: (name) => (isKept(name) ? this.#bytesMax : 0),
    onEvent: (name, data, _dataBytes, _startAt, isCut) => this.#onEvent(name, data, isCut),
    onForeignLine: () => {},
  });

  constructor(answerBytesMax: number) {
    this.#bytesMax = answerBytesMax;
  }

  push(chunk: Buffer): void {
    this.#tap.push(chunk);
  }

  end(): void {
    this.#tap.end();
  }

  #onEvent(name: string, data: Buffer, isCut: boolean): void {
    if (this.errorBody !== null || !isKept(name)) return;
    const type = name === '' ? sniffEventType(data) : name;
    if (!isKept(type)) return;
    if (isCut) this.isTooLarge = true;
    else this.#readEvent(type, data.toString('latin1'));
  }

  #readEvent(type: string, text: string): void {
    switch (type) {
      case 'response.created':
        return this.#begin();
      case 'response.output_item.done':
        return this.#keepItem(text);
      case 'response.completed':
      case 'response.incomplete':
        return this.#finish(findField(text, ['response']));
      case 'response.failed':
        return this.#fail(findField(text, ['response', 'error']));
      case 'error':
        return this.#fail(findField(text, ['error']) ?? text);
    }
  }

  /** Some streams carry a second answer behind the first. */
  #begin(): void {
    this.#items.clear();
    this.#itemBytes = 0;
    this.answer = null;
  }

  #keepItem(text: string): void {
    const item = findField(text, ['item']);
    if (item === null) return;
    const index = Number(findField(text, ['output_index']) ?? this.#items.size);
    this.#itemBytes += item.length - (this.#items.get(index)?.length ?? 0);
    this.#items.set(index, item);
    this.isTooLarge ||= this.#itemBytes > this.#bytesMax;
  }

  #finish(response: string | null): void {
    if (response === null) return;
    const answer = this.#fillOutput(response);
    this.isTooLarge ||= answer.length > this.#bytesMax;
    this.answer = Buffer.from(answer, 'latin1');
  }

  #fillOutput(response: string): string {
    const output = listMembers(response)?.findLast(({ key }) => key === 'output');
    const [{ start, end }, name] = output ? [output, ''] : [{ start: 1, end: 1 }, '"output":'];
    const isEmpty = output === undefined || listElements(response.slice(start, end)).length === 0;
    if (!isEmpty || this.#items.size === 0) return response;
    const indexes = [...this.#items.keys()].toSorted((a, b) => a - b);
    const items = indexes.map((index) => this.#items.get(index) ?? '').join(',');
    const comma = output ? '' : ',';
    return `${response.slice(0, start)}${name}[${items}]${comma}${response.slice(end)}`;
  }

  /** Behind the end of the answer an error harms nobody. */
  #fail(error: string | null): void {
    if (this.answer === null) this.errorBody = buildErrorBody(error);
  }
}

/** '' may still turn out to be one. */
function isKept(name: string): boolean {
  switch (name) {
    case '':
    case 'error':
    case 'response.created':
    case 'response.output_item.done':
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      return true;
    default:
      return false;
  }
}

/** OpenAI's own shape; what else the error says (`resets_in_seconds`) stays in it. */
function buildErrorBody(text: string | null): Buffer {
  const parsed = text === null ? null : parseText(text);
  const { type, sequence_number: _number, ...told } = isObject(parsed) ? parsed : { type: null };
  const known = typeof type === 'string' && type !== 'error' ? type : selectType(told);
  const error = { message: 'The upstream failed.', param: null, code: null, ...told, type: known };
  return Buffer.from(JSON.stringify({ error }));
}

function selectType(error: object): string {
  const type = mapOpenAiError({ error }, null)?.type ?? 'api_error';
  return type === 'api_error' || type === 'overloaded_error' ? 'server_error' : type;
}
