import { isObject } from '../json/json-object.ts';

/** Google's count takes a conversation, or a whole request. */
export function readCounted(body: unknown): unknown {
  const whole = isObject(body) ? (body['generateContentRequest'] ?? body['generate_content_request']) : null;
  return isObject(whole) ? whole : body;
}
