import { listUsage as queryUsage, type UsageQuery } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import { buildPageSchema } from '../fields/page-fields.ts';
import { emailField, idField } from '../fields/text-fields.ts';

const ROWS_MAX = 500;
/** `<instant>/<attempt id>` */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/([a-z]{3}_[0-9a-z]+)$/;

const inputSchema = z.strictObject({
  limit: z.int().min(1).max(ROWS_MAX).default(50),
  cursor: z.string().regex(CURSOR, 'not a cursor').nullish(),
  /** E-mail of the payer. */
  user: emailField.optional(),
  /** As the client asked for it. */
  model: z.string().min(1).max(256).optional(),
  requestId: idField.optional(),
  state: z.enum(['settled', 'estimated', 'failed', 'unknown']).optional(),
});

const tokens = z.number();
/** USD, shortest exact decimal. */
const cost = z.string();

/** One attempt. Names are those of the export; a deleted object shows its id. */
const rowSchema = z.object({
  request_id: z.string(),
  attempt_id: z.string(),
  at: z.string(),
  user: z.string(),
  key: z.string(),
  group: z.string(),
  account: z.string(),
  protocol: z.string(),
  model: z.string(),
  upstream_model: z.string(),
  stream: z.boolean(),
  status: z.number(),
  state: z.enum(['settled', 'estimated', 'failed', 'unknown']),
  input_tokens: tokens,
  cache_read_tokens: tokens,
  cache_write_5m_tokens: tokens,
  cache_write_1h_tokens: tokens,
  output_tokens: tokens,
  reasoning_tokens: tokens,
  standard_cost_usd: cost,
  actual_cost_usd: cost,
  duration_ms: z.number(),
  first_token_ms: z.number().nullable(),
  error_code: z.string().nullable(),
  upstream_request_id: z.string().nullable(),
  price_version: z.string().nullable(),
  rate_multiplier: z.string(),
});

/** Newest first. A full page has a cursor, so the page after the last row may be empty. */
export const listUsage = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(rowSchema))
  .query(async ({ ctx, input }) => {
    const items = await queryUsage(ctx.services.db, buildQuery(input));
    const last = items.length === input.limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? `${last.at}/${last.attempt_id}` : null };
  });

function buildQuery({
  limit,
  cursor,
  user,
  model,
  requestId,
  state,
}: z.infer<typeof inputSchema>): UsageQuery {
  const [, at, attemptId] = CURSOR.exec(cursor ?? '') ?? [];
  return dropAbsent({
    limit,
    user_email: user,
    model,
    request_id: requestId,
    state,
    after: at && attemptId ? { at, attempt_id: attemptId } : undefined,
  });
}
