import type { MeteredUsage } from '@tollgate/core';
import { mapGeminiError } from '../errors/read-gemini-error.ts';
import { findField } from '../json/find-field.ts';
import { buildKeyNeedle, findKeyValue, measureStrings } from '../json/find-needle.ts';
import { isObject, parseJson, parseObject, type JsonObject } from '../json/json-object.ts';
import { skipValue } from '../json/walk-bytes.ts';
import { MeterState } from '../meters/meter-state.ts';
import type { MeterOptions, ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { countImages } from './count-images.ts';
import { GeminiTap } from './gemini-tap.ts';
import { GeminiUsageFold } from './usage-fold.ts';

const CANDIDATES = buildKeyNeedle('candidates');
const FINISH_REASON = buildKeyNeedle('finishReason');
const PARTS = buildKeyNeedle('parts');
const QUOTE = 34;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
/** What the model has written: text and thoughts, and the pieces of a tool's input. */
const TEXTS = ['text', 'stringValue', 'code'].map(buildKeyNeedle);
const ARGS = buildKeyNeedle('args');
const INLINE_DATA = buildKeyNeedle('inlineData');

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
    const response = isCut ? null : findField(data, this.#envelope);
    if (response === null) return this.#readOdd(data, dataBytes, isCut);
    const candidates = findKeyValue(response, CANDIDATES);
    const usage = findField(response, ['usageMetadata']);
    if (usage !== null) this.#readUsage(usage);
    if (candidates === -1) return this.#readWithoutCandidates(response, usage !== null, startAt);
    this.start();
    this.#noteModel(response);
    for (const needle of TEXTS) this.outputBytes += measureStrings(response, needle);
    this.outputBytes += measureArgs(response);
    this.#readCandidates(response, startAt);
  }

  #readUsage(usage: Buffer): void {
    const value = parseJson(usage);
    if (value === undefined) this.#fold.noteIrregular();
    else this.#fold.add(value);
  }

  #noteModel(response: Buffer): void {
    if (this.#fold.hasModel) return;
    const model = findField(response, ['modelVersion']);
    if (model !== null) this.#fold.noteModel(parseJson(model));
  }

  /** Parsed only where a candidate may begin or end. */
  #readCandidates(response: Buffer, startAt: number): void {
    const hasFinish = response[findKeyValue(response, FINISH_REASON)] === QUOTE;
    const hasMedia = response.includes(INLINE_DATA);
    if (hasFinish || hasMedia || this.#candidates.size === 0) {
      const parsed = parseObject(response);
      if (parsed === null) this.#fold.noteIrregular();
      else this.#readParsed(parsed['candidates']);
    }
    if (hasFinish || hasParts(response)) this.noteContent(startAt);
  }

  #readParsed(candidates: unknown): void {
    this.#fold.addImages(countImages(candidates));
    for (const candidate of listObjects(candidates)) this.#noteCandidate(candidate);
  }

  #noteCandidate(candidate: JsonObject): void {
    const index = typeof candidate['index'] === 'number' ? candidate['index'] : 0;
    const { finishReason: reason } = candidate;
    const isFinished = typeof reason === 'string' && reason !== '' && reason !== 'FINISH_REASON_UNSPECIFIED';
    this.#candidates.set(index, isFinished || this.#candidates.get(index) === true);
  }

  /** A refused prompt has no candidates, and that is its whole answer. */
  #readWithoutCandidates(response: Buffer, hasUsage: boolean, startAt: number): void {
    const parsed = parseObject(response);
    if (parsed === null) return this.#readOdd(response, response.length, false);
    this.#noteError(parsed);
    if (this.error !== null) return;
    const feedback = parsed['promptFeedback'];
    this.#isBlocked ||= isObject(feedback) && typeof feedback['blockReason'] === 'string';
    if (!this.#isBlocked && !hasUsage && parsed['responseId'] === undefined) return;
    this.start();
    this.#noteModel(response);
    if (this.#isBlocked) this.noteContent(startAt);
  }

  /** What is no response: an error without the envelope, JSON of another kind, or too much to keep. */
  #readOdd(data: Buffer, dataBytes: number, isCut: boolean): void {
    if (isCut) {
      this.#fold.noteIrregular();
      this.outputBytes += this.hasStarted ? dataBytes : 0;
      return;
    }
    const parsed = parseObject(data);
    if (parsed === null) {
      this.#fold.noteIrregular();
      this.breakUnlessStarted();
    } else this.#noteError(parsed);
  }

  #noteError(parsed: JsonObject): void {
    if (!this.isComplete) this.error = mapGeminiError(parsed, null);
  }
}

/** `parts` that are more than an empty list. */
function hasParts(response: Buffer): boolean {
  const at = findKeyValue(response, PARTS);
  return at !== -1 && response[at] === OPEN_BRACKET && response[at + 1] !== CLOSE_BRACKET;
}

/** Arguments come as an object, which has no string of its own: all its bytes count. */
function measureArgs(response: Buffer): number {
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
