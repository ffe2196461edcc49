import { schema } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { buildAfter } from '../../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../../fields/page-fields.ts';
import { idField } from '../../fields/text-fields.ts';
import { buildSilenceStateFilter, loadSilences } from './load-silences.ts';
import { silenceOutputSchema, silenceStateField } from './silence-schemas.ts';

const { alertSilences } = schema;
const inputSchema = z.strictObject({
  ...pageFields,
  /** Those of this rule alone; those of every rule are not among them. */
  ruleId: idField.optional(),
  state: silenceStateField.optional(),
});

/** Newest first. */
export const listSilences = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(silenceOutputSchema))
  .query(async ({ ctx: { services }, input: { limit, cursor, ruleId, state } }) => {
    const now = new Date(services.clock.nowMs());
    const where = and(
      buildAfter(alertSilences.id, 'newest', cursor),
      ruleId ? eq(alertSilences.ruleId, ruleId) : undefined,
      state ? buildSilenceStateFilter(state, now) : undefined,
    );
    const rows = await loadSilences(services.db, now, where, limit + 1);
    return buildPage(
      rows,
      limit,
      (silence) => silence,
      ({ id }) => id,
    );
  });
