import { schema } from '@tollgate/db';
import { and, gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { buildSearch, searchField } from '../../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../../fields/page-fields.ts';
import { loadRules } from './load-rules.ts';
import { ruleOutputSchema } from './rule-schemas.ts';

const { alertRules } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  /** The position of the last one of the page before. */
  cursor: z
    .string()
    .regex(/^\d{1,9}$/, 'not a cursor')
    .nullish(),
  search: searchField,
});

/** In the order in which they are evaluated. A rule that is moved between two pages may come twice, or not at all. */
export const listRules = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(ruleOutputSchema))
  .query(async ({ ctx: { services }, input: { limit, cursor, search } }) => {
    const after = cursor ? gt(alertRules.position, Number(cursor)) : undefined;
    const where = and(after, buildSearch(alertRules.name, search));
    const rules = await loadRules(services.db, new Date(services.clock.nowMs()), where, limit + 1);
    return buildPage(
      rules,
      limit,
      (rule) => rule,
      ({ position }) => String(position),
    );
  });
