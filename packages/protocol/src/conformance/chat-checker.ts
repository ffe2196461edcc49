import { mapOpenAiError } from '../errors/read-openai-error.ts';
import { isObject, parseJson, type JsonObject } from '../json/json-object.ts';
import type { ConformanceOptions } from './checker.ts';
import { SseChecker } from './sse-checker.ts';

interface Tool {
  /** null = a custom tool, whose input is free text. */
  arguments: string | null;
}

interface Choice {
  tools: Tool[];
  isFinished: boolean;
}

/**
 * Chat Completions: unnamed chunks of one id; per choice first a role, then content, then one finish_reason; tool
 * calls with dense indexes whose fragments are JSON together; then at most one usage; `[DONE]` last. An error object
 * ends all, without `[DONE]`. https://platform.openai.com/docs/api-reference/chat-streaming
 */
export class ChatChecker extends SseChecker {
  readonly #includesUsage: boolean | null;
  #id: unknown = null;
  readonly #choices = new Map<unknown, Choice>();
  #usages = 0;
  #end: 'done' | 'error' | null = null;

  constructor(options: ConformanceOptions = {}) {
    super();
    this.#includesUsage = options.includesUsage ?? null;
  }

  protected readEvent(name: string, data: JsonObject): void {
    if (this.#end !== null) this.report('after-end', `an event behind ${this.#end}`);
    if (name === 'error' || mapOpenAiError(data, null) !== null) {
      this.#end = 'error';
      return;
    }
    if (name !== '') this.report('event-name', 'chunks have no event name');
    if (data['object'] !== 'chat.completion.chunk') this.report('chunk', 'not a chat.completion.chunk');
    this.#checkId(data['id']);
    const hasUsage = isObject(data['usage']);
    if (hasUsage) this.#usages += 1;
    if (!Array.isArray(data['choices'])) return this.report('chunk', 'no list of choices');
    for (const choice of data['choices']) {
      if (isObject(choice)) this.#readChoice(choice, hasUsage);
      else this.report('chunk', 'a choice is no object');
    }
    if (hasUsage && !this.#isFinished) this.report('usage', 'usage before the finish');
  }

  protected readDone(): void {
    if (this.#end !== null) this.report('terminator', `[DONE] behind ${this.#end}`);
    this.#end ??= 'done';
    if (!this.#isFinished) this.report('finish', '[DONE] before every choice has a finish_reason');
  }

  protected finish(): void {
    if (this.#end === null) this.report('terminator', 'no [DONE]');
    if (this.#end === 'error') return;
    this.#checkUsage();
    for (let index = 0; index < this.#choices.size; index += 1) {
      if (!this.#choices.has(index)) this.report('choice-index', `there is no choice ${index}`);
    }
  }

  get #isFinished(): boolean {
    return this.#choices.size > 0 && [...this.#choices.values()].every(({ isFinished }) => isFinished);
  }

  #checkUsage(): void {
    if (this.#usages > 1) this.report('usage', 'usage more than once');
    if (this.#includesUsage === true && this.#usages === 0) this.report('usage', 'no usage');
    if (this.#includesUsage === false && this.#usages > 0) this.report('usage', 'usage was not asked for');
  }

  /** Azure's first chunk, which tells of filters, has an empty id. */
  #checkId(id: unknown): void {
    if (id === '' || id === undefined) return;
    if (this.#id !== null && this.#id !== id) this.report('chunk', 'chunks of two answers');
    this.#id = id;
  }

  #readChoice(part: JsonObject, hasUsage: boolean): void {
    const delta = isObject(part['delta']) ? part['delta'] : {};
    const known = this.#choices.get(part['index']);
    const choice = known ?? this.#beginChoice(part['index'], delta);
    const isEmpty = Object.entries(delta).every(([key, value]) => key === 'role' || isNothing(value));
    const isFinish = typeof part['finish_reason'] === 'string' && part['finish_reason'] !== '';
    if (known && delta['role'] && isEmpty && !isFinish) this.report('role', 'the role twice');
    if (choice.isFinished && !isEmpty) this.report('finish', 'content behind the finish_reason');
    // Some vendors repeat the finish on the chunk with the usage.
    if (choice.isFinished && !hasUsage) this.report('finish', 'a chunk behind the finish_reason');
    if (Array.isArray(delta['tool_calls'])) this.#readToolCalls(delta['tool_calls'], choice);
    if (isFinish && !choice.isFinished) this.#finishChoice(choice, part['finish_reason']);
  }

  #beginChoice(index: unknown, delta: JsonObject): Choice {
    if (delta['role'] !== 'assistant') this.report('role', 'a choice that does not begin with its role');
    const choice: Choice = { tools: [], isFinished: false };
    this.#choices.set(index, choice);
    return choice;
  }

  #readToolCalls(calls: unknown[], choice: Choice): void {
    for (const call of calls) {
      if (!isObject(call)) this.report('tool-call', 'a tool call is no object');
      else this.#readToolCall(call, choice);
    }
  }

  #readToolCall(call: JsonObject, choice: Choice): void {
    const described = isObject(call['function']) ? call['function'] : call['custom'];
    const body = isObject(described) ? described : {};
    const index = call['index'];
    const tool = typeof index === 'number' ? choice.tools[index] : undefined;
    if (tool === undefined) return this.#beginTool(call, body, choice);
    if (!isNothing(body['name'])) this.report('tool-call', 'a tool call that begins twice');
    if (tool.arguments !== null) tool.arguments += readText(body['arguments']);
  }

  #beginTool(call: JsonObject, body: JsonObject, choice: Choice): void {
    if (call['index'] !== choice.tools.length) {
      this.report('tool-index', `the index of a tool call is not ${choice.tools.length}`);
    }
    if (readText(call['id']) === '') this.report('tool-call', 'a tool call without id');
    if (readText(body['name']) === '') this.report('tool-call', 'a tool call without name');
    choice.tools.push({ arguments: call['type'] === 'custom' ? null : readText(body['arguments']) });
  }

  /** Only an answer that was cut off may end in the middle of a call. */
  #finishChoice(choice: Choice, reason: unknown): void {
    choice.isFinished = true;
    if (reason === 'length' || reason === 'content_filter') return;
    for (const tool of choice.tools) {
      if (tool.arguments !== null && !isObject(parseJson(Buffer.from(tool.arguments)))) {
        this.report('tool-input', 'the fragments of a tool call are no JSON object');
      }
    }
  }
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
