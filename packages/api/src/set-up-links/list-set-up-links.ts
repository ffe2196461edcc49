import { schema } from '@tollgate/db';
import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { setUpLinkSchema } from './set-up-link-schema.ts';

const { setUpLinks, users } = schema;

/** Those that can be used still, oldest first. */
export const listSetUpLinks = adminProcedure
  .input(z.strictObject(pageFields).prefault({}))
  .output(buildPageSchema(setUpLinkSchema))
  .query(async ({ ctx, input }) => {
    const rows = await ctx.services.db
      .select({ link: setUpLinks, userEmail: users.email })
      .from(setUpLinks)
      .leftJoin(users, eq(users.id, setUpLinks.userId))
      .where(
        and(
          isNull(setUpLinks.usedAt),
          gt(setUpLinks.expiresAt, sql`now()`),
          input.cursor ? gt(setUpLinks.id, input.cursor) : undefined,
        ),
      )
      .orderBy(asc(setUpLinks.id))
      .limit(input.limit + 1);
    return buildPage(rows, input.limit, mapLink, ({ link }) => link.id);
  });

function mapLink(row: { link: typeof setUpLinks.$inferSelect; userEmail: string | null }) {
  const { id, userId, resetsTotp, createdBy, createdAt, expiresAt } = row.link;
  return {
    id,
    userId,
    userEmail: row.userEmail,
    resetsTotp,
    createdBy,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
