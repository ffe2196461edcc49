import type { UsageQuery } from '@tollgate/db';
import { z } from 'zod';
import { dropAbsent } from '../change/drop-absent.ts';
import { buildMomentCursor, momentCursorField, splitMomentCursor } from '../fields/moment-cursor.ts';
import { emailField, idField, instantField, noteField } from '../fields/text-fields.ts';

const ROWS_MAX = 500;
const MODEL_CHARACTERS_MAX = 256;

/** What list and export of usage take. */
export const usageFields = {
  limit: z.int().min(1).max(ROWS_MAX).default(50),
  cursor: momentCursorField,
  /** E-mail of the payer. */
  user: emailField.optional(),
  /** As the client asked for it. */
  model: noteField.min(1).max(MODEL_CHARACTERS_MAX).optional(),
  requestId: idField.optional(),
  state: z.enum(['settled', 'estimated', 'failed', 'unknown']).optional(),
  accountId: idField.optional(),
  groupId: idField.optional(),
  keyId: idField.optional(),
  /** From this moment on. */
  from: instantField.optional(),
  /** Before this moment. */
  to: instantField.optional(),
};

const fieldsSchema = z.strictObject(usageFields);

export function buildUsageQuery(fields: z.infer<typeof fieldsSchema>): UsageQuery {
  const { limit, cursor, user, model, requestId, state, accountId, groupId, keyId, from, to } = fields;
  const after = splitMomentCursor(cursor);
  return dropAbsent({
    limit,
    user_email: user,
    model,
    request_id: requestId,
    state,
    account_id: accountId,
    group_id: groupId,
    key_id: keyId,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    after: after && { at: after.at, attempt_id: after.id },
  });
}

/** A full page has a cursor, so the page after the last row may be empty. */
export function selectUsageCursor(
  rows: readonly { at: string; attempt_id: string }[],
  limit: number,
): string | null {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return last ? buildMomentCursor(last.at, last.attempt_id) : null;
}
