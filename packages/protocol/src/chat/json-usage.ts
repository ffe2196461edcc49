import { parseObject } from '../json/json-object.ts';
import type { JsonAnswer } from '../meters/json-answer.ts';
import { ChatUsageFold } from './usage-fold.ts';

/** What a whole (not streamed) Chat Completions answer says; null = not one JSON object. Never throws. */
export function readChatJson(body: Buffer): JsonAnswer | null {
  const answer = parseObject(body);
  if (answer === null) return null;
  const fold = new ChatUsageFold();
  fold.noteModel(answer['model']);
  fold.add(answer['usage']);
  const metered = fold.read();
  return { metered: metered && { ...metered, irregular: fold.irregular } };
}
