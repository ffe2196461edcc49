import { isObject, parseJson, type JsonObject } from '../json/json-object.ts';
import type { JsonAnswer } from '../meters/json-answer.ts';
import { GeminiUsageFold } from './usage-fold.ts';

/** What a whole generateContent answer says; null = not one JSON object. Never throws. */
export function readGeminiJson(body: Buffer): JsonAnswer | null {
  const answer = parseJson(body);
  return isObject(answer) ? readResponses([answer]) : null;
}

/** The same inside Google's v1internal envelope. */
export function readCodeAssistJson(body: Buffer): JsonAnswer | null {
  const answer = parseJson(body);
  if (!isObject(answer)) return null;
  return readResponses(isObject(answer['response']) ? [answer['response']] : []);
}

function readResponses(responses: readonly JsonObject[]): JsonAnswer {
  const fold = new GeminiUsageFold();
  for (const response of responses) {
    fold.noteModel(response['modelVersion']);
    fold.add(response['usageMetadata']);
  }
  const metered = fold.read();
  return { metered: metered && { ...metered, irregular: fold.irregular } };
}
