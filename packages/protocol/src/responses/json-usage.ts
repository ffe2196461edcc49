import { parseObject } from '../json/json-object.ts';
import type { JsonAnswer } from '../meters/json-answer.ts';
import { ResponsesUsageFold } from './usage-fold.ts';

/** What a whole (not streamed) Responses answer says; null = not one JSON object. Never throws. */
export function readResponsesJson(body: Buffer): JsonAnswer | null {
  const answer = parseObject(body);
  if (answer === null) return null;
  const fold = new ResponsesUsageFold();
  fold.noteModel(answer['model']);
  fold.add(answer['usage']);
  fold.addTools(answer['tool_usage']);
  fold.noteTools(answer['tools']);
  fold.setItems(answer['output']);
  const metered = fold.read();
  return { metered: metered && { ...metered, irregular: fold.irregular } };
}
