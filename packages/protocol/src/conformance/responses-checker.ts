import { isObject, type JsonObject } from '../json/json-object.ts';
import type { ConformanceOptions } from './checker.ts';
import { isSameItem, ResponsesItem } from './responses-item.ts';
import { SseChecker } from './sse-checker.ts';

const TERMINALS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

/**
 * Responses: named events numbered without gaps; created, items with dense indexes, every part and item closed with
 * its full form, then one terminal event that repeats all items and has the usage. An `error` ends all but for the
 * `response.failed` that OpenAI puts behind it.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class ResponsesChecker extends SseChecker {
  readonly #allowsSecondAnswer: boolean;
  /** `failing`: an error has been told, which `response.failed` may repeat. */
  #phase: 'idle' | 'open' | 'failing' | 'ended' = 'idle';
  #responseId: unknown = null;
  /** null = this upstream does not number its events. */
  #nextNumber: number | null = null;
  #items: ResponsesItem[] = [];

  constructor(options: ConformanceOptions = {}) {
    super();
    this.#allowsSecondAnswer = options.allowsSecondAnswer ?? false;
  }

  protected readEvent(name: string, data: JsonObject): void {
    const { type } = data;
    if (name !== type) this.report('event-name', 'the event is not named as its data');
    if (type === 'response.created') return this.#readCreated(data);
    // An error may come from a gateway, which does not know the number.
    if (type !== 'error' || data['sequence_number'] !== undefined) this.#checkNumber(data);
    if (this.#phase === 'failing' && type === 'response.failed') return this.#readTerminal(type, data);
    if (this.#isOver) this.report('after-end', 'an event behind the end');
    if (type === 'error') {
      this.#phase = 'failing';
      return;
    }
    if (this.#phase === 'idle') this.report('order', 'an event before response.created');
    if (TERMINALS.has(type)) return this.#readTerminal(String(type), data);
    if (type === 'response.output_item.added') return this.#addItem(data);
    if (data['output_index'] === undefined) return this.#readPlain(type);
    this.#readItemEvent(String(type), data);
  }

  /** Some compatible vendors send it behind the terminal event. */
  protected readDone(): void {
    if (!this.#isOver) this.report('terminator', '[DONE] before the terminal event');
  }

  protected finish(): void {
    if (!this.#isOver) this.report('terminator', 'no terminal event');
  }

  get #isOver(): boolean {
    return this.#phase === 'ended' || this.#phase === 'failing';
  }

  #readCreated(data: JsonObject): void {
    const response = isObject(data['response']) ? data['response'] : {};
    const isAnother = this.#allowsSecondAnswer && response['id'] !== this.#responseId;
    if (this.#phase !== 'idle' && !isAnother) this.report('order', 'a second response.created');
    this.#nextNumber = typeof data['sequence_number'] === 'number' ? data['sequence_number'] : null;
    if (this.#nextNumber !== null && this.#nextNumber !== 0) this.report('sequence', 'does not begin with 0');
    this.#checkNumber(data);
    this.#responseId = response['id'];
    this.#items = [];
    this.#phase = 'open';
  }

  #checkNumber(data: JsonObject): void {
    if (this.#nextNumber === null) return;
    if (data['sequence_number'] !== this.#nextNumber) {
      this.report('sequence', `sequence_number is not ${this.#nextNumber}`);
    }
    this.#nextNumber += 1;
  }

  #readPlain(type: unknown): void {
    const isEarly = type === 'response.in_progress' || type === 'response.queued';
    if (isEarly && this.#items.length > 0) this.report('order', `${type} behind the first item`);
  }

  #addItem(data: JsonObject): void {
    if (data['output_index'] !== this.#items.length) {
      this.report('item-index', `output_index is not ${this.#items.length}`);
    }
    if (!isObject(data['item'])) this.report('item', 'no item');
    const item = isObject(data['item']) ? data['item'] : {};
    this.#items.push(new ResponsesItem(item, (rule, detail) => this.report(rule, detail)));
  }

  #readItemEvent(type: string, data: JsonObject): void {
    const index = data['output_index'];
    const item = typeof index === 'number' ? this.#items[index] : undefined;
    if (item === undefined) return this.report('item-order', 'an event of an item that has not begun');
    if (type !== 'response.output_item.done') return item.read(type.replace(/^response\./u, ''), data);
    if (isObject(data['item'])) item.close(data['item']);
    else this.report('item', 'no item');
  }

  #readTerminal(type: string, data: JsonObject): void {
    this.#phase = 'ended';
    const response = isObject(data['response']) ? data['response'] : {};
    if (this.#responseId !== null && response['id'] !== this.#responseId)
      this.report('order', 'the response that ends has another id');
    if (type === 'response.failed') {
      if (!isObject(response['error'])) this.report('error', 'a failed response without error');
      return;
    }
    if (!isObject(response['usage'])) this.report('usage', 'no usage');
    if (response['status'] !== type.slice('response.'.length))
      this.report('status', 'status is not as the event');
    for (const item of this.#items) if (!item.isClosed) this.report('item-order', 'an item is not done');
    this.#checkOutput(response['output']);
  }

  #checkOutput(output: unknown): void {
    if (!Array.isArray(output) || output.length !== this.#items.length) {
      return this.report('full-items', 'the end does not repeat all items');
    }
    for (const [index, item] of this.#items.entries()) {
      if (item.full !== null && !isSameItem(item.full, output[index])) {
        this.report('full-items', 'an item at the end is another than was streamed');
      }
    }
  }
}
