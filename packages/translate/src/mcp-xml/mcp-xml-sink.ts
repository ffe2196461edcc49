import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { AnswerEnd } from '../conversation/answer.ts';
import { XmlCallScanner } from './xml-call-scanner.ts';

/** API-7: stands before a writer, and turns calls of MCP tools that come as XML in the text into tool calls. */
export class McpXmlSink implements AnswerSink {
  readonly #sink: AnswerSink;
  readonly #scanner: XmlCallScanner;
  #isInText = false;
  #isTextOpen = false;
  #hasCalls = false;

  /** `tools`: the MCP tools of the request, as the client names them. */
  constructor(sink: AnswerSink, tools: readonly string[]) {
    this.#sink = sink;
    this.#scanner = new XmlCallScanner(tools, {
      onText: (text) => this.#writeText(text),
      onCall: (name, json) => this.#writeCall(name, json),
    });
  }

  begin(id: string | null): void {
    this.#sink.begin(id);
  }

  /** Opened with its first words: a block may be nothing but calls. */
  openText(): void {
    this.#isInText = true;
  }

  addText(text: string): void {
    this.#scanner.push(text);
  }

  openRefusal(): void {
    this.#sink.openRefusal();
  }

  addRefusal(text: string): void {
    this.#sink.addRefusal(text);
  }

  openThinking(): void {
    this.#sink.openThinking();
  }

  addThinking(text: string): void {
    this.#sink.addThinking(text);
  }

  openToolCall(id: string | null, name: string): void {
    this.#sink.openToolCall(id, name);
  }

  addArguments(json: string): void {
    this.#sink.addArguments(json);
  }

  close(): void {
    if (!this.#isInText) return this.#sink.close();
    this.#scanner.end();
    this.#isInText = false;
    this.#closeText();
  }

  finish(end: AnswerEnd): void {
    this.#sink.finish(this.#hasCalls && end.stop === 'end' ? { ...end, stop: 'tool-calls' } : end);
  }

  /** White space around calls is no word of its own. */
  #writeText(text: string): void {
    const words = this.#isTextOpen || !this.#hasCalls ? text : text.trimStart();
    if (words === '') return;
    if (!this.#isTextOpen) this.#sink.openText();
    this.#isTextOpen = true;
    this.#sink.addText(words);
  }

  #writeCall(name: string, json: string): void {
    this.#closeText();
    this.#hasCalls = true;
    this.#sink.openToolCall(null, name);
    this.#sink.addArguments(json);
    this.#sink.close();
  }

  #closeText(): void {
    if (this.#isTextOpen) this.#sink.close();
    this.#isTextOpen = false;
  }
}
