import { schema } from '@tollgate/db';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../../fields/page-fields.ts';

const { sessions } = schema;

const sessionSchema = z.strictObject({
  id: z.string(),
  /** The one that asks. */
  isPresent: z.boolean(),
  /** Where it was made. */
  address: z.string(),
  userAgent: z.string(),
  createdAt: z.string(),
  /** To the minute. */
  lastSeenAt: z.string(),
  expiresAt: z.string(),
});

/** One's own that have not ended, oldest first. */
export const listOwnSessions = userProcedure
  .input(z.strictObject(pageFields).prefault({}))
  .output(buildPageSchema(sessionSchema))
  .query(async ({ ctx: { services, person }, input }) => {
    const rows = await services.db
      .select()
      .from(sessions)
      .where(
        and(
          eq(sessions.userId, person.id),
          sql`least(${sessions.idleExpiresAt}, ${sessions.expiresAt}) > now()`,
          input.cursor ? gt(sessions.id, input.cursor) : undefined,
        ),
      )
      .orderBy(asc(sessions.id))
      .limit(input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      (row) => mapSession(row, person.sessionId),
      (row) => row.id,
    );
  });

function mapSession(row: typeof sessions.$inferSelect, presentId: string): z.infer<typeof sessionSchema> {
  const { id, address, userAgent } = row;
  return {
    id,
    isPresent: id === presentId,
    address,
    userAgent,
    createdAt: row.createdAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  };
}
