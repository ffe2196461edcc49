import type { MeteredUsage } from '@tollgate/core';
import { mapGeminiError } from '../errors/read-gemini-error.ts';
import { findField } from '../json/find-field.ts';
import { findKeyValue, measureStrings } from '../json/find-needle.ts';
import { isObject, parseText, type JsonObject } from '../json/json-object.ts';
import { skipValue } from '../json/walk-text.ts';
import { MeterState } from '../meters/meter-state.ts';
import type { MeterOptions, ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { countImages } from './count-images.ts';
import { listSearchQueries } from './list-search-queries.ts';
import { readPlainChunk } from './plain-chunk.ts';
import { GeminiTap } from './gemini-tap.ts';
import { GeminiUsageFold } from './usage-fold.ts';

/** What the model has written: text and thoughts, and the pieces of a tool's input. */
const TEXT = '"text"';
const TOOL_TEXTS = ['"stringValue"', '"code"'];
const TOOL_PARTS = /"(?:functionCall|executableCode)"/u;
const ARGS = '"args"';
const GROUNDING = '"groundingMetadata"';
/** With `candidateCount` over 1: one that is not the first may begin here. */
const OTHER_CANDIDATE = /"index"\s*:\s*[1-9]/u;

/**
 * Meter of streamGenerateContent, as SSE or as one JSON array. Parsed are usage, chunks without candidates, and
 * those with a finish reason; all else is only looked at in bytes.
 */
export function createGeminiStreamMeter(options: MeterOptions = {}): ProtocolStreamMeter {
  return new GeminiStreamMeter([], options);
}

/** The same inside Google's v1internal envelope, `{"response":{…},"traceId":…}`. */
export function createCodeAssistStreamMeter(options: MeterOptions = {}): ProtocolStreamMeter {
  return new GeminiStreamMeter(['response'], options);
}

class GeminiStreamMeter extends MeterState {
  readonly #envelope: readonly string[];
  readonly #fold: GeminiUsageFold;
  readonly #tap = new GeminiTap({
    onResponse: (data, dataBytes, startAt, isCut) => this.#onResponse(data, dataBytes, startAt, isCut),
    onForeign: () => this.breakUnlessStarted(),
  });
  /** Index of each candidate that has begun → it has a finish reason. */
  readonly #candidates = new Map<number, boolean>();
  #isBlocked = false;

  constructor(envelope: readonly string[], { imageSize }: MeterOptions) {
    super();
    this.#envelope = envelope;
    this.#fold = new GeminiUsageFold(imageSize ?? '1k');
  }

  get irregular(): number {
    return this.#fold.irregular;
  }

  get isFinished(): boolean {
    if (this.#isBlocked) return true;
    if (this.#candidates.size === 0) return false;
    for (const isFinished of this.#candidates.values()) if (!isFinished) return false;
    return true;
  }

  push(chunk: Buffer): void {
    this.#tap.push(chunk);
    if (this.#tap.isClosed && this.error === null) this.isComplete = this.#isWhole;
  }

  /**
   * In SSE the close is the end, and only whole when the model has said why it stopped. A finish reason alone is no
   * end: older models repeat it on every chunk.
   */
  end(): void {
    this.#tap.end();
    if (this.error !== null) return;
    this.breakUnlessStarted();
    this.isComplete = this.#isWhole && (this.#tap.framing !== 'array' || this.#tap.isClosed);
  }

  usage(): MeteredUsage | null {
    return this.#fold.read();
  }

  get #isWhole(): boolean {
    return this.hasStarted && this.isFinished;
  }

  #onResponse(data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void {
    // Nothing counts behind an error, so that the cut of the bytes cannot matter.
    if (this.error !== null) return;
    if (isCut) return this.#skipHuge(dataBytes);
    const text = data.toString('latin1');
    if (this.hasContent && this.#readPlain(text)) return;
    const response = findField(text, this.#envelope);
    if (response === null) return this.#readOdd(text);
    const candidates = findKeyValue(response, '"candidates"');
    const usage = findField(response, ['usageMetadata']);
    if (usage !== null) this.#readUsage(usage);
    if (candidates === -1) return this.#readWithoutCandidates(response, usage !== null, startAt);
    this.start();
    this.#noteModel(response);
    this.outputBytes += measureOutput(response);
    this.#readCandidates(response, startAt);
  }

  #readPlain(text: string): boolean {
    const plain = readPlainChunk(text);
    if (plain === null) return false;
    this.outputBytes += plain.textBytes;
    if (plain.usage !== null) this.#readUsage(plain.usage);
    return true;
  }

  #readUsage(usage: string): void {
    const value = parseText(usage);
    if (value === undefined) this.#fold.noteIrregular();
    else this.#fold.add(value);
  }

  #noteModel(response: string): void {
    if (this.#fold.hasModel) return;
    const model = findField(response, ['modelVersion']);
    if (model !== null) this.#fold.noteModel(parseText(model));
  }

  /** Parsed only where a candidate may begin or end. */
  #readCandidates(response: string, startAt: number): void {
    const hasFinish = response[findKeyValue(response, '"finishReason"')] === '"';
    const hasMedia = response.includes('"inlineData"');
    const hasNews = hasMedia || response.includes(GROUNDING);
    if (hasFinish || hasNews || this.#candidates.size === 0 || OTHER_CANDIDATE.test(response)) {
      const parsed = parseText(response);
      if (isObject(parsed)) this.#readParsed(parsed['candidates']);
      else this.#fold.noteIrregular();
    }
    if (hasFinish || hasParts(response)) this.noteContent(startAt);
  }

  #readParsed(candidates: unknown): void {
    this.#fold.addImages(countImages(candidates));
    this.#fold.addQueries(listSearchQueries(candidates));
    for (const candidate of listObjects(candidates)) this.#noteCandidate(candidate);
  }

  #noteCandidate(candidate: JsonObject): void {
    const index = typeof candidate['index'] === 'number' ? candidate['index'] : 0;
    const { finishReason: reason } = candidate;
    const isFinished = typeof reason === 'string' && reason !== '' && reason !== 'FINISH_REASON_UNSPECIFIED';
    this.#candidates.set(index, isFinished || this.#candidates.get(index) === true);
  }

  /** A refused prompt has no candidates, and that is its whole answer. */
  #readWithoutCandidates(response: string, hasUsage: boolean, startAt: number): void {
    const parsed = parseText(response);
    if (!isObject(parsed)) return this.#readOdd(response);
    this.#noteError(parsed);
    if (this.error !== null) return;
    const feedback = parsed['promptFeedback'];
    this.#isBlocked ||= isObject(feedback) && typeof feedback['blockReason'] === 'string';
    if (!this.#isBlocked && !hasUsage && parsed['responseId'] === undefined) return;
    this.start();
    this.#noteModel(response);
    if (this.#isBlocked) this.noteContent(startAt);
  }

  /** What is no response: an error without the envelope, JSON of another kind, no JSON. */
  #readOdd(text: string): void {
    const parsed = parseText(text);
    if (isObject(parsed)) return this.#noteError(parsed);
    this.#fold.noteIrregular();
    this.breakUnlessStarted();
  }

  #skipHuge(dataBytes: number): void {
    this.#fold.noteIrregular();
    if (this.hasStarted) this.outputBytes += dataBytes;
  }

  #noteError(parsed: JsonObject): void {
    if (!this.isComplete) this.error = mapGeminiError(parsed, null);
  }
}

/** `parts` that are more than an empty list. */
function hasParts(response: string): boolean {
  const at = findKeyValue(response, '"parts"');
  return at !== -1 && response[at] === '[' && response[at + 1] !== ']';
}

function measureOutput(response: string): number {
  const texts = measureStrings(response, TEXT);
  if (!TOOL_PARTS.test(response)) return texts;
  const pieces = TOOL_TEXTS.reduce((bytes, needle) => bytes + measureStrings(response, needle), 0);
  return texts + pieces + measureArgs(response);
}

/** Arguments come as an object, which has no string of its own: all its bytes count. */
function measureArgs(response: string): number {
  let bytes = 0;
  for (let at = findKeyValue(response, ARGS); at !== -1; at = findKeyValue(response, ARGS, at)) {
    const end = skipValue(response, at);
    if (end === -1) return bytes;
    bytes += end - at;
    at = end;
  }
  return bytes;
}

function listObjects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
