import { listUsage as queryUsage, type UsageQuery } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import { buildPageSchema } from '../fields/page-fields.ts';
import { emailField, idField } from '../fields/text-fields.ts';
import { usageRowSchema } from './usage-row-schema.ts';

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

/** Newest first. A full page has a cursor, so the page after the last row may be empty. */
export const listUsage = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(usageRowSchema))
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
