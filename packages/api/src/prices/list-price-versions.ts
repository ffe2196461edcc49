import { schema } from '@tollgate/db';
import { desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';

const { priceBook, priceVersions } = schema;

/** `<instant with microseconds>/<version>` */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\/([\w.-]{1,100})$/;

const versionSchema = z.strictObject({
  version: z.string(),
  source: z.enum(['built-in', 'import', 'manual']),
  builtIn: z.string(),
  note: z.string().nullable(),
  actor: z.string(),
  createdAt: z.string(),
  isInForce: z.boolean(),
});

/** Every book that was ever in force, newest first. */
export const listPriceVersions = adminProcedure
  .input(
    z
      .strictObject({ ...pageFields, cursor: z.string().regex(CURSOR, 'not a cursor').nullish() })
      .prefault({}),
  )
  .output(buildPageSchema(versionSchema))
  .query(async ({ ctx, input }) => {
    const [, at, version] = CURSOR.exec(input.cursor ?? '') ?? [];
    const rows = await ctx.services.db
      .select({
        version: priceVersions.version,
        source: priceVersions.source,
        builtIn: priceVersions.builtIn,
        note: priceVersions.note,
        actor: priceVersions.actor,
        createdAt: priceVersions.createdAt,
        isInForce: sql<boolean>`${priceBook.version} is not null`,
        atText: sql<string>`to_char(${priceVersions.createdAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      })
      .from(priceVersions)
      .leftJoin(priceBook, eq(priceBook.version, priceVersions.version))
      .where(
        at && version
          ? sql`(${priceVersions.createdAt}, ${priceVersions.version}) < (${at}::timestamptz, ${version})`
          : undefined,
      )
      .orderBy(desc(priceVersions.createdAt), desc(priceVersions.version))
      .limit(input.limit + 1);
    return buildPage(
      rows,
      input.limit,
      ({ atText: _atText, ...row }) =>
        versionSchema.parse({ ...row, createdAt: row.createdAt.toISOString() }),
      (row) => `${row.atText}/${row.version}`,
    );
  });
