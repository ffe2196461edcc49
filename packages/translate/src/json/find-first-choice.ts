import { listObjects, type JsonObject } from './json-object.ts';

/** The one with index 0, or without any, of chat's choices or Gemini's candidates: of several they come in any order. */
export function findFirstChoice(choices: unknown): JsonObject | undefined {
  return listObjects(choices).find(({ index }) => (index ?? 0) === 0);
}
