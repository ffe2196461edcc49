import { isObject, parseJson, type JsonObject } from '../json/json-object.ts';
import type { JsonAnswer } from '../meters/json-answer.ts';
import type { MeterOptions } from '../meters/stream-meter.ts';
import { countImages } from './count-images.ts';
import { listSearchQueries } from './list-search-queries.ts';
import { GeminiUsageFold } from './usage-fold.ts';

/**
 * What a whole generateContent answer says, or a streamed one that came as one JSON array; null = neither, or an error
 * is in it. Never throws.
 */
export function readGeminiJson(body: Buffer, options: MeterOptions = {}): JsonAnswer | null {
  const answer = parseJson(body);
  const responses: unknown[] = Array.isArray(answer) ? answer : [answer];
  if (!responses.every(isObject) || (Array.isArray(answer) && responses.some(hasError))) return null;
  return readResponses(responses, options);
}

/** The same inside Google's v1internal envelope. */
export function readCodeAssistJson(body: Buffer, options: MeterOptions = {}): JsonAnswer | null {
  const answer = parseJson(body);
  if (!isObject(answer)) return null;
  return readResponses(isObject(answer['response']) ? [answer['response']] : [], options);
}

function readResponses(responses: readonly JsonObject[], { imageSize }: MeterOptions): JsonAnswer {
  const fold = new GeminiUsageFold(imageSize ?? '1k');
  for (const response of responses) {
    fold.noteModel(response['modelVersion']);
    fold.add(response['usageMetadata']);
    fold.addImages(countImages(response['candidates']));
    fold.addQueries(listSearchQueries(response['candidates']));
  }
  const metered = fold.read();
  return { metered: metered && { ...metered, irregular: fold.irregular } };
}

function hasError(response: JsonObject): boolean {
  return isObject(response['error']);
}
