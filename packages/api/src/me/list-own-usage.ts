import { listUsage, type UsageListRow } from '@tollgate/db';
import { z } from 'zod';
import { userProcedure } from '../base/procedures.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import { buildPageSchema } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';

const ROWS_MAX = 500;
/** `<instant>/<attempt id>` */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/([a-z]{3}_[0-9a-z]+)$/;
const stateField = z.enum(['settled', 'estimated', 'failed', 'unknown']);

const inputSchema = z.strictObject({
  limit: z.int().min(1).max(ROWS_MAX).default(50),
  cursor: z.string().regex(CURSOR, 'not a cursor').nullish(),
  /** As the client asked for it. */
  model: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'no control characters')
    .optional(),
  requestId: idField.optional(),
  state: stateField.optional(),
});

/**
 * Written out and not derived from what admins see: a column that they gain is no column of everybody. Which account
 * served, under which name, and what it cost there is the operator's own affair.
 */
const rowSchema = z.object({
  request_id: z.string(),
  attempt_id: z.string(),
  at: z.string(),
  key: z.string(),
  group: z.string(),
  protocol: z.string(),
  model: z.string(),
  stream: z.boolean(),
  status: z.number(),
  state: stateField,
  input_tokens: z.number(),
  cache_read_tokens: z.number(),
  cache_write_5m_tokens: z.number(),
  cache_write_1h_tokens: z.number(),
  output_tokens: z.number(),
  reasoning_tokens: z.number(),
  /** USD, shortest exact decimal. */
  actual_cost_usd: z.string(),
  rate_multiplier: z.string(),
  duration_ms: z.number(),
  first_token_ms: z.number().nullable(),
  error_code: z.string().nullable(),
});

/** One's own attempts, newest first; a full page has a cursor. */
export const listOwnUsage = userProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(rowSchema))
  .query(async ({ ctx, input }) => {
    const rows = await loadRows(ctx.services.db, ctx.person.id, input);
    const last = rows.length === input.limit ? rows.at(-1) : undefined;
    const items = rows.map((row): z.infer<typeof rowSchema> => rowSchema.parse(row));
    return { items, nextCursor: last ? `${last.at}/${last.attempt_id}` : null };
  });

function loadRows(
  db: Parameters<typeof listUsage>[0],
  userId: string,
  { limit, cursor, model, requestId, state }: z.infer<typeof inputSchema>,
): Promise<UsageListRow[]> {
  const [, at, attemptId] = CURSOR.exec(cursor ?? '') ?? [];
  const after = at && attemptId ? { at, attempt_id: attemptId } : undefined;
  return listUsage(db, dropAbsent({ user_id: userId, limit, model, request_id: requestId, state, after }));
}
