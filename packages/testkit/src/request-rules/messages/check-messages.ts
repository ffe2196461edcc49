import { checkShape } from '../check-shape.ts';
import { complain, findFirst, type Complaint, type RuleContext } from '../complaint.ts';
import { checkSettings } from './check-settings.ts';
import { checkTurns } from './check-turns.ts';
import { messagesSchema } from './messages-schema.ts';

/** Judges a body of `/v1/messages` (`isCount`: of `count_tokens`) as Anthropic does. null = it is taken. */
export function checkMessagesRequest(json: unknown, context: RuleContext, isCount = false): Complaint | null {
  const checked = checkShape(messagesSchema, json);
  if (!checked.ok) return checked.complaint;
  if (!isCount && checked.body.max_tokens === undefined) return complain(['max_tokens'], 'Field required');
  return findFirst([checkTurns, checkSettings], checked.body, context);
}
