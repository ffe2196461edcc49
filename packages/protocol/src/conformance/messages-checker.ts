import { isObject, parseJson, type JsonObject } from '../json/json-object.ts';
import type { ConformanceOptions } from './checker.ts';
import { SseChecker } from './sse-checker.ts';

/** The deltas that each kind of block takes; a kind that is not here takes any. */
const DELTAS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['text', ['text_delta', 'citations_delta']],
  ['thinking', ['thinking_delta', 'signature_delta']],
  ['tool_use', ['input_json_delta']],
  ['server_tool_use', ['input_json_delta']],
  ['mcp_tool_use', ['input_json_delta']],
]);

/**
 * Anthropic Messages: message_start, blocks one after the other with dense indexes, message_delta, message_stop;
 * `ping` anywhere; an `error` ends all. https://docs.claude.com/en/docs/build-with-claude/streaming
 */
/** Reasons that may stand in the middle of a tool's input. */
const CUTS: ReadonlySet<unknown> = new Set(['max_tokens', 'model_context_window_exceeded', 'refusal']);

export class MessagesChecker extends SseChecker {
  readonly #allowsSecondAnswer: boolean;
  #phase: 'idle' | 'open' | 'closing' | 'stopped' | 'failed' = 'idle';
  #messageId: unknown = null;
  #blocks = 0;
  #block: { type: unknown; input: string } | null = null;
  #hasStopReason = false;
  /** Of a tool's input that is no JSON object: legal only where the model was cut off. */
  #isInputCut = false;

  constructor(options: ConformanceOptions = {}) {
    super();
    this.#allowsSecondAnswer = options.allowsSecondAnswer ?? false;
  }

  protected readEvent(name: string, data: JsonObject): void {
    if (name !== data['type']) this.report('event-name', 'the event is not named as its data');
    if (this.#phase === 'failed') this.report('after-end', 'an event behind the error');
    switch (data['type']) {
      case 'ping':
        return;
      case 'error':
        return this.#readError(data);
      case 'message_start':
        return this.#readMessageStart(data);
      case 'content_block_start':
        return this.#readBlockStart(data);
      case 'content_block_delta':
        return this.#readDelta(data);
      case 'content_block_stop':
        return this.#readBlockStop(data);
      case 'message_delta':
        return this.#readMessageDelta(data);
      case 'message_stop':
        return this.#readMessageStop();
      default:
        // New types must be possible.
        if (this.#phase === 'stopped') this.report('after-end', 'an event behind message_stop');
    }
  }

  protected readDone(): void {
    this.report('terminator', '[DONE] is no part of this protocol');
  }

  protected finish(): void {
    if (this.#phase !== 'stopped' && this.#phase !== 'failed') this.report('terminator', 'no message_stop');
  }

  #readError(data: JsonObject): void {
    if (!isObject(data['error'])) this.report('error', 'the event has no error');
    if (this.#phase === 'stopped') this.report('after-end', 'an error behind message_stop');
    this.#phase = 'failed';
  }

  #readMessageStart(data: JsonObject): void {
    const message = isObject(data['message']) ? data['message'] : {};
    const isAnother = this.#allowsSecondAnswer && message['id'] !== this.#messageId;
    if (this.#phase !== 'idle' && !isAnother) this.report('message-order', 'a second message_start');
    if (!isObject(message['usage'])) this.report('usage', 'message_start has no usage');
    if (!Array.isArray(message['content']) || message['content'].length > 0) {
      this.report('message-order', 'the content of message_start is not an empty list');
    }
    this.#messageId = message['id'];
    this.#phase = 'open';
    this.#blocks = 0;
    this.#block = null;
    this.#hasStopReason = false;
    this.#isInputCut = false;
  }

  #readBlockStart(data: JsonObject): void {
    this.#expectOpen('content_block_start');
    if (this.#block !== null) this.report('block-order', 'a block begins inside another');
    if (data['index'] !== this.#blocks) this.report('block-index', `index is not ${this.#blocks}`);
    const block = isObject(data['content_block']) ? data['content_block'] : {};
    this.#block = { type: block['type'], input: '' };
    this.#blocks += 1;
  }

  #readDelta(data: JsonObject): void {
    this.#expectOpen('content_block_delta');
    if (this.#block === null) return this.report('block-order', 'a delta outside a block');
    this.#expectIndex(data);
    const delta = isObject(data['delta']) ? data['delta'] : {};
    const legal = DELTAS.get(this.#block.type);
    if (typeof delta['type'] !== 'string' || legal?.includes(delta['type']) === false) {
      this.report('delta-type', 'a delta of another kind than its block');
    }
    if (typeof delta['partial_json'] === 'string') this.#block.input += delta['partial_json'];
  }

  #readBlockStop(data: JsonObject): void {
    this.#expectOpen('content_block_stop');
    if (this.#block === null) return this.report('block-order', 'a stop outside a block');
    this.#expectIndex(data);
    const { input } = this.#block;
    // A tool without arguments streams only empty fragments.
    this.#isInputCut ||= input !== '' && !isObject(parseJson(Buffer.from(input)));
    this.#block = null;
  }

  #readMessageDelta(data: JsonObject): void {
    if (this.#phase !== 'open' && this.#phase !== 'closing') {
      this.report('message-order', 'message_delta outside a message');
    }
    if (this.#block !== null) this.report('block-order', 'message_delta inside a block');
    if (!isObject(data['usage'])) this.report('usage', 'message_delta has no usage');
    const delta = isObject(data['delta']) ? data['delta'] : {};
    const isStop = typeof delta['stop_reason'] === 'string';
    if (isStop && this.#hasStopReason) this.report('message-order', 'a second stop_reason');
    this.#hasStopReason ||= isStop;
    if (isStop && this.#isInputCut && !CUTS.has(delta['stop_reason'])) {
      this.report('tool-input', 'the fragments of a tool input are no JSON object');
    }
    if (this.#phase === 'open') this.#phase = 'closing';
  }

  #readMessageStop(): void {
    if (this.#phase !== 'closing') this.report('message-order', 'message_stop not behind message_delta');
    else if (!this.#hasStopReason) this.report('message-order', 'no stop_reason before message_stop');
    this.#phase = 'stopped';
  }

  #expectOpen(what: string): void {
    if (this.#phase !== 'open') this.report('message-order', `${what} outside a message's content`);
  }

  #expectIndex(data: JsonObject): void {
    if (data['index'] !== this.#blocks - 1) this.report('block-index', `index is not ${this.#blocks - 1}`);
  }
}
