import { schema } from '@tollgate/db';
import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { instantField, noteField } from '../fields/text-fields.ts';

const { audit } = schema;
/** Of a row: ids are counted. */
const CURSOR = /^\d{1,15}$/;
const TEXT_CHARACTERS_MAX = 200;

const filterField = noteField.min(1).max(TEXT_CHARACTERS_MAX).optional();

const inputSchema = z.strictObject({
  ...pageFields,
  cursor: z.string().regex(CURSOR, 'not a cursor').nullish(),
  /** Who did it: an id, or `system`. */
  actor: filterField,
  /** `account.update`, or all of a kind: `account.*`. */
  action: filterField,
  /** What it was done to: an id. */
  target: filterField,
  /** From this moment on. */
  from: instantField.optional(),
  /** Before this moment. */
  to: instantField.optional(),
});

const rowSchema = z.strictObject({
  id: z.string(),
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  /** What was asked for, without secrets. */
  detail: z.record(z.string(), z.json()),
});

/** Newest first. */
export const listAudit = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(rowSchema))
  .query(async ({ ctx, input }) => {
    const { cursor, actor, action, target, from, to, limit } = input;
    const rows = await ctx.services.db
      .select()
      .from(audit)
      .where(
        and(
          cursor ? lt(audit.id, Number(cursor)) : undefined,
          actor === undefined ? undefined : eq(audit.actor, actor),
          action === undefined ? undefined : buildActionFilter(action),
          target === undefined ? undefined : eq(audit.target, target),
          from === undefined ? undefined : gte(audit.at, new Date(from)),
          to === undefined ? undefined : lt(audit.at, new Date(to)),
        ),
      )
      .orderBy(desc(audit.id))
      .limit(limit + 1);
    return buildPage(rows, limit, mapRow, (row) => String(row.id));
  });

/** starts_with and not LIKE: `_` is a letter like any other here. */
function buildActionFilter(action: string) {
  return action.endsWith('*')
    ? sql`starts_with(${audit.action}, ${action.slice(0, -1)})`
    : eq(audit.action, action);
}

function mapRow({
  id,
  at,
  actor,
  action,
  target,
  detail,
}: typeof audit.$inferSelect): z.infer<typeof rowSchema> {
  return rowSchema.parse({ id: String(id), at: at.toISOString(), actor, action, target, detail });
}
