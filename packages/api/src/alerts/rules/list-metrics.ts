import { ALERT_DIMENSIONS, ALERT_METRIC_NAMES, ALERT_METRICS } from '@tollgate/core';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { metricField } from './rule-schemas.ts';

const metricSchema = z.strictObject({
  name: metricField,
  unit: z.enum(['count', 'ratio', 'ms', 'tokens', 'usd']),
  /** now = the window says nothing. */
  over: z.enum(['window', 'now']),
  dimensions: z.array(z.enum(ALERT_DIMENSIONS)),
  about: z.string(),
});

/** What a rule can look at, and what it can be narrowed by. */
export const listMetrics = adminProcedure
  .output(z.strictObject({ items: z.array(metricSchema) }))
  .query(() => ({
    items: ALERT_METRIC_NAMES.map((name) => {
      const { unit, over, dimensions, about } = ALERT_METRICS[name];
      return { name, unit, over, dimensions: [...dimensions], about };
    }),
  }));
