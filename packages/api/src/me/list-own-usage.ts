import { listUsage } from '@tollgate/db';
import { z } from 'zod';
import { userProcedure } from '../base/procedures.ts';
import { buildPageSchema } from '../fields/page-fields.ts';
import { buildUsageQuery, selectUsageCursor, usageFields } from '../usage/usage-fields.ts';

const { limit, cursor, model, requestId, state } = usageFields;
const inputSchema = z.strictObject({ limit, cursor, model, requestId, state });

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
  state: usageFields.state.unwrap(),
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
    const rows = await listUsage(ctx.services.db, { ...buildUsageQuery(input), user_id: ctx.person.id });
    const items = rows.map((row): z.infer<typeof rowSchema> => rowSchema.parse(row));
    return { items, nextCursor: selectUsageCursor(rows, input.limit) };
  });
