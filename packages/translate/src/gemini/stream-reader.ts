import { GeminiTap, GeminiUsageFold, listSearchQueries } from '@tollgate/protocol';
import type { AnswerReader, AnswerSink } from '../conversation/answer-sink.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { parseExactJson } from '../json/parse-exact-json.ts';
import { findFirstChoice } from '../json/find-first-choice.ts';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { isBlocked } from './decode-answer.ts';
import {
  buildMalformedNote,
  isFinishReason,
  isMalformedCall,
  mapFromGeminiFinish,
} from './finish-reasons.ts';
import { PartialCall } from './partial-call.ts';

type Words = 'text' | 'thinking';

/**
 * Reads streamGenerateContent, as SSE or as one JSON array. The first candidate is all. Nothing says that a stream is
 * over but its close, so that only then an answer with a finish reason is whole.
 */
export class GeminiReader implements AnswerReader {
  readonly #sink: AnswerSink;
  readonly #scope: AnswerScope;
  readonly #fold = new GeminiUsageFold('1k');
  readonly #tap = new GeminiTap({
    onResponse: (data, _bytes, _at, isCut) => this.#onResponse(data, isCut),
    onForeign: () => {},
  });
  #isDone = false;
  #hasBegun = false;
  #hasFailed = false;
  #open: Words | null = null;
  #partial: PartialCall | null = null;
  #hasCalls = false;
  #hasText = false;
  #finishReason: string | null = null;
  #finishMessage: unknown = null;

  constructor(sink: AnswerSink, scope: AnswerScope) {
    this.#sink = sink;
    this.#scope = scope;
  }

  get isComplete(): boolean {
    const isClosed = this.#tap.framing !== 'array' || this.#tap.isClosed;
    return !this.#hasFailed && this.#hasBegun && this.#finishReason !== null && isClosed;
  }

  push(chunk: Buffer): void {
    this.#tap.push(chunk);
  }

  end(): void {
    this.#tap.end();
    if (this.isComplete && this.#finishReason !== null && !this.#isDone) this.#complete(this.#finishReason);
  }

  #onResponse(data: Buffer, isCut: boolean): void {
    if (this.#hasFailed || isCut) return;
    const chunk = parseChunk(data.toString('utf8'));
    if (!isObject(chunk)) return;
    if (isObject(chunk['error'])) this.#hasFailed = true;
    else this.#readChunk(chunk);
  }

  #readChunk(chunk: JsonObject): void {
    this.#fold.add(chunk['usageMetadata']);
    this.#fold.noteModel(chunk['modelVersion']);
    this.#fold.addQueries(listSearchQueries(chunk['candidates']));
    const candidate = findFirstChoice(chunk['candidates']);
    const blocked = isBlocked(chunk);
    if (candidate === undefined && !blocked) return;
    this.#begin(chunk['responseId']);
    if (blocked) this.#finishReason ??= 'PROHIBITED_CONTENT';
    if (candidate !== undefined) this.#readCandidate(candidate);
  }

  #begin(id: unknown): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#sink.begin(typeof id === 'string' ? id : null);
  }

  #readCandidate({ content, finishReason: reason, finishMessage }: JsonObject): void {
    if (isObject(content) && Array.isArray(content['parts'])) {
      for (const part of content['parts']) if (isObject(part)) this.#readPart(part);
    }
    if (!isFinishReason(reason)) return;
    this.#finishReason = reason;
    this.#finishMessage = finishMessage;
  }

  #readPart({ text, thought, functionCall: call }: JsonObject): void {
    if (isObject(call)) return this.#readCall(call);
    if (typeof text !== 'string' || text === '') return;
    if (thought === true) this.#addThought(text);
    else this.#addText(text);
  }

  #addText(text: string): void {
    this.#hasText = true;
    if (this.#open !== 'text') {
      this.#close();
      this.#sink.openText();
      this.#open = 'text';
    }
    this.#sink.addText(text);
  }

  #addThought(text: string): void {
    if (this.#open !== 'thinking') {
      this.#close();
      this.#sink.openThinking();
      this.#open = 'thinking';
    }
    this.#sink.addThinking(text);
  }

  /** Whole, or in pieces that belong to places inside of the arguments. */
  #readCall(call: JsonObject): void {
    const isPiece = call['willContinue'] === true || Array.isArray(call['partialArgs']);
    if (!isPiece && this.#partial === null) return this.#writeCall(call['id'], call['name'], call['args']);
    if (typeof call['name'] === 'string') this.#endPartial();
    this.#partial ??= new PartialCall(call);
    this.#partial.add(call);
    if (call['willContinue'] !== true) this.#endPartial();
  }

  #endPartial(): void {
    const partial = this.#partial;
    if (partial === null) return;
    this.#partial = null;
    this.#writeCall(partial.id, partial.name, partial.args);
  }

  #writeCall(id: unknown, name: unknown, args: unknown): void {
    if (typeof name !== 'string' || name === '') return;
    this.#close();
    this.#hasCalls = true;
    const hasId = typeof id === 'string' && id !== '';
    this.#sink.openToolCall(hasId ? id : null, restoreToolName(name, this.#scope.context));
    if (isObject(args)) this.#sink.addArguments(JSON.stringify(args));
    this.#sink.close();
  }

  #close(): void {
    if (this.#open !== null) this.#sink.close();
    this.#open = null;
  }

  #complete(reason: string): void {
    this.#endPartial();
    if (isMalformedCall(reason) && !this.#hasCalls && !this.#hasText) {
      this.#addText(buildMalformedNote(reason, this.#finishMessage));
    }
    this.#close();
    this.#isDone = true;
    const stop = mapFromGeminiFinish(reason, { hasCalls: this.#hasCalls, hasText: this.#hasText });
    this.#sink.finish({ stop, stopSequence: null, usage: this.#fold.read()?.usage ?? null });
  }
}

/** Only arguments hold numbers that a client may count on to the last digit. */
function parseChunk(text: string): unknown {
  if (text.includes('"args"')) return parseExactJson(text);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
