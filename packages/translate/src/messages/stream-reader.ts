import { MessagesUsageFold } from '@tollgate/protocol';
import type { AnswerContext } from '../conversation/answer-context.ts';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { SseReader } from '../conversation/sse-reader.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import { mapFromMessagesStop } from './stop-reasons.ts';

type OpenBlock = 'text' | 'thinking' | 'tool' | 'other';

/** Reads a Messages stream. Blocks come one after the other, so that they go on as they come. */
export class MessagesReader extends SseReader {
  readonly #fold = new MessagesUsageFold();
  readonly #context: AnswerContext;
  #hasBegun = false;
  #open: OpenBlock | null = null;
  /** Thinking that is not shown streams nothing: its block is opened with the first words. */
  #isOpenInSink = false;
  /** A tool's whole input where it came with the start of its block, as some compatible upstreams send it. */
  #givenInput: string | null = null;
  /** In the upstream's words. */
  #stopReason: string | null = null;
  #hasCalls = false;
  #stopSequence: string | null = null;

  constructor(sink: AnswerSink, { context }: AnswerScope) {
    super(sink);
    this.#context = context;
  }

  protected readEvent(name: string, data: JsonObject): void {
    switch (data['type'] ?? name) {
      case 'content_block_delta':
        return this.#readDelta(data['delta']);
      case 'content_block_start':
        return this.#readBlockStart(data['content_block']);
      case 'content_block_stop':
        return this.#closeBlock();
      case 'message_start':
        return this.#readStart(data['message']);
      case 'message_delta':
        return this.#readMessageDelta(data);
      case 'message_stop':
        return this.#readStop();
      case 'error':
        // Behind the end of the message it harms nobody.
        if (!this.isComplete) this.fail();
        return;
      default:
    }
  }

  /**
   * A second one, as upstreams send when they begin again, goes on with the same answer; half a tool call that is
   * already with the client cannot be taken back, so then the answer is broken.
   */
  #readStart(message: unknown): void {
    if (!isObject(message)) return;
    if (this.#open === 'tool') return this.fail();
    this.isComplete = false;
    this.#fold.add(message['usage']);
    this.#closeBlock();
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.sink.begin(typeof message['id'] === 'string' ? message['id'] : null);
    this.#readGiven(message);
  }

  /** Where the model goes on after code that it ran, whole blocks may stand in the start already, and the reason too. */
  #readGiven({ content, stop_reason: reason, stop_sequence: sequence }: JsonObject): void {
    for (const block of listObjects(content)) {
      this.#readBlockStart(block);
      this.#closeBlock();
    }
    this.#noteReason(reason, sequence);
  }

  #readBlockStart(block: unknown): void {
    // Behind the end of a message only another one can begin.
    if (!this.#hasBegun || this.isComplete || !isObject(block)) return;
    this.#closeBlock();
    this.#open = 'other';
    if (block['type'] === 'tool_use') this.#openTool(block);
    else if (block['type'] === 'thinking') this.#openThinking(block);
    else if (block['type'] === 'text') this.#openText(block);
  }

  #openText(block: JsonObject): void {
    this.#open = 'text';
    this.#isOpenInSink = true;
    this.sink.openText();
    if (typeof block['text'] === 'string' && block['text'] !== '') this.sink.addText(block['text']);
  }

  #openThinking({ thinking }: JsonObject): void {
    this.#open = 'thinking';
    if (typeof thinking === 'string') this.#addThinking(thinking);
  }

  #openTool(block: JsonObject): void {
    const { id, name, input } = block;
    this.#open = 'tool';
    this.#hasCalls = true;
    this.#isOpenInSink = true;
    this.#givenInput = isObject(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : null;
    this.sink.openToolCall(typeof id === 'string' ? id : null, this.#restoreName(name));
  }

  #restoreName(name: unknown): string {
    return typeof name === 'string' ? restoreToolName(name, this.#context) : '';
  }

  #readDelta(delta: unknown): void {
    if (!isObject(delta)) return;
    const { text, thinking, partial_json: json } = delta;
    if (this.#open === 'text' && typeof text === 'string') this.sink.addText(text);
    else if (this.#open === 'tool' && typeof json === 'string') this.#addInput(json);
    else if (this.#open === 'thinking' && typeof thinking === 'string') this.#addThinking(thinking);
  }

  #addInput(json: string): void {
    if (json === '') return;
    this.#givenInput = null;
    this.sink.addArguments(json);
  }

  #addThinking(text: string): void {
    if (text === '') return;
    if (!this.#isOpenInSink) this.sink.openThinking();
    this.#isOpenInSink = true;
    this.sink.addThinking(text);
  }

  #closeBlock(): void {
    if (this.#givenInput !== null) this.sink.addArguments(this.#givenInput);
    if (this.#isOpenInSink) this.sink.close();
    this.#givenInput = null;
    this.#isOpenInSink = false;
    this.#open = null;
  }

  #readMessageDelta(data: JsonObject): void {
    this.#fold.add(data['usage']);
    if (!isObject(data['delta'])) return;
    this.#noteReason(data['delta']['stop_reason'], data['delta']['stop_sequence']);
  }

  #noteReason(reason: unknown, sequence: unknown): void {
    if (typeof reason === 'string') this.#stopReason = reason;
    if (typeof sequence === 'string') this.#stopSequence = sequence;
  }

  #readStop(): void {
    this.#closeBlock();
    this.isComplete = this.#hasBegun;
  }

  /** The end is told when the stream has closed: some streams carry a second message behind the first. */
  protected override readEnd(): void {
    if (!this.isComplete) return;
    this.sink.finish({
      stop: mapFromMessagesStop(this.#stopReason, { hasCalls: this.#hasCalls }),
      stopSequence: this.#stopSequence,
      usage: this.#fold.read()?.usage ?? null,
    });
  }
}
