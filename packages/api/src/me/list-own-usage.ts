import { listUsage } from '@tollgate/db';
import type { z } from 'zod';
import { userProcedure } from '../base/procedures.ts';
import { buildPageSchema } from '../fields/page-fields.ts';
import { buildUsageQuery, usageInputSchema } from '../usage/list-usage.ts';
import { usageRowSchema } from '../usage/usage-row-schema.ts';

const inputSchema = usageInputSchema.omit({ user: true });
/** Without what is the operator's own affair: which account served, under which name, what it cost there. */
const rowSchema = usageRowSchema.omit({
  user: true,
  account: true,
  upstream_model: true,
  upstream_request_id: true,
  standard_cost_usd: true,
});

/** One's own attempts, newest first; a full page has a cursor. */
export const listOwnUsage = userProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(rowSchema))
  .query(async ({ ctx, input }) => {
    const rows = await listUsage(ctx.services.db, { ...buildUsageQuery(input), user_id: ctx.person.id });
    const last = rows.length === input.limit ? rows.at(-1) : undefined;
    const items = rows.map((row): z.infer<typeof rowSchema> => rowSchema.parse(row));
    return { items, nextCursor: last ? `${last.at}/${last.attempt_id}` : null };
  });
