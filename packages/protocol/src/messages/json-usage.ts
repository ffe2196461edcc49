import type { MeteredUsage } from '@tollgate/core';
import { isObject } from '../json/json-object.ts';
import { MessagesUsageFold } from './usage-fold.ts';

export interface MessagesJsonUsage extends MeteredUsage {
  /** Values that could not be used; worth a line in the log when not 0. */
  irregular: number;
}

/** Usage of a whole (not streamed) Messages answer; null = the body has none or is not JSON. Never throws. */
export function readMessagesJsonUsage(body: Buffer): MessagesJsonUsage | null {
  return readMessagesJson(body)?.metered ?? null;
}

/**
 * What a whole (not streamed) Messages answer says of its usage (`metered` null = nothing); null = the body is
 * not one JSON object, so the answer is not whole. Never throws.
 */
export function readMessagesJson(body: Buffer): { metered: MessagesJsonUsage | null } | null {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  return isObject(answer) ? { metered: readUsage(answer) } : null;
}

function readUsage(answer: Record<string, unknown>): MessagesJsonUsage | null {
  const fold = new MessagesUsageFold();
  fold.noteModel(answer['model']);
  fold.add(answer['usage']);
  const metered = fold.read();
  return metered && Object.assign(metered, { irregular: fold.irregular });
}
