import { ALERT_EVENT_STATES, ALERT_SEVERITIES } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { and, desc, eq, gte, lt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { buildAfter } from '../../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../../fields/page-fields.ts';
import { idField, instantField } from '../../fields/text-fields.ts';
import { eventOutputSchema, mapEvent } from './event-schemas.ts';

const { alertEvents } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  ruleId: idField.optional(),
  state: z.enum(ALERT_EVENT_STATES).optional(),
  severity: z.enum(ALERT_SEVERITIES).optional(),
  /** Fired at this moment or later. */
  from: instantField.optional(),
  /** Fired before this moment. */
  to: instantField.optional(),
});

/** Newest first: an id begins with the moment at which it was made. */
export const listEvents = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(eventOutputSchema))
  .query(async ({ ctx, input: { limit, cursor, ...filter } }) => {
    const rows = await ctx.services.db
      .select()
      .from(alertEvents)
      .where(and(buildAfter(alertEvents.id, 'newest', cursor), buildEventFilter(filter)))
      .orderBy(desc(alertEvents.id))
      .limit(limit + 1);
    return buildPage(rows, limit, mapEvent, ({ id }) => id);
  });

type EventFilter = Omit<z.infer<typeof inputSchema>, 'limit' | 'cursor'>;

function buildEventFilter({ ruleId, state, severity, from, to }: EventFilter) {
  return and(
    ruleId ? eq(alertEvents.ruleId, ruleId) : undefined,
    state ? eq(alertEvents.state, state) : undefined,
    severity ? eq(alertEvents.severity, severity) : undefined,
    from ? gte(alertEvents.firedAt, new Date(from)) : undefined,
    to ? lt(alertEvents.firedAt, new Date(to)) : undefined,
  );
}
