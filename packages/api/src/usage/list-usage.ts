import { listUsage as queryUsage, type UsageCursor } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema } from '../fields/page-fields.ts';
import { emailField, idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';

const ROWS_MAX = 500;

const inputSchema = z.strictObject({
  limit: z.int().min(1).max(ROWS_MAX).default(50),
  cursor: z.string().max(200).nullish(),
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

/** Newest first. */
export const listUsage = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(rowSchema))
  .query(async ({ ctx, input }) => {
    const { limit, cursor, user, model, requestId, state } = input;
    const rows = await queryUsage(ctx.services.db, {
      limit: limit + 1,
      ...(cursor == null ? {} : { after: parseCursor(cursor) }),
      ...(user === undefined ? {} : { user_email: user }),
      ...(model === undefined ? {} : { model }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(state === undefined ? {} : { state }),
    });
    return buildPage(
      rows,
      limit,
      (row) => row,
      (row) => `${row.at}~${row.attempt_id}`,
    );
  });

/** `<at>~<attempt id>` of the last row of the page before. */
function parseCursor(cursor: string): UsageCursor {
  const [at = '', attemptId = ''] = cursor.split('~');
  if (Number.isNaN(Date.parse(at)) || attemptId === '') {
    throw buildProblem('invalid', 'cursor', 'not a cursor of this list');
  }
  return { at, attempt_id: attemptId };
}
