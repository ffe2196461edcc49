import { ALERT_COMPARISONS, ALERT_EVENT_STATES, ALERT_SEVERITIES } from '@tollgate/core';
import type { schema } from '@tollgate/db';
import { z } from 'zod';
import { alertDeliverySchema } from '../alert-delivery-schema.ts';
import { shownAlertFilterField } from '../alert-filter-field.ts';
import { metricField } from '../rules/rule-schemas.ts';

/** The rule as it was when it fired. */
export const eventOutputSchema = z.strictObject({
  id: z.string(),
  /** null = the rule is gone. */
  ruleId: z.string().nullable(),
  ruleName: z.string(),
  severity: z.enum(ALERT_SEVERITIES),
  metric: metricField,
  filter: shownAlertFilterField,
  comparison: z.enum(ALERT_COMPARISONS),
  threshold: z.number(),
  state: z.enum(ALERT_EVENT_STATES),
  firedAt: z.string(),
  /** null = it still fires. */
  resolvedAt: z.string().nullable(),
  valueAtFire: z.number(),
  /** null = it still fires, or there was no figure. */
  valueAtResolve: z.number().nullable(),
  /** A silence kept its notification back. */
  silenced: z.boolean(),
});

export const eventDetailSchema = eventOutputSchema.extend({
  /** Oldest first; the first 200. */
  deliveries: z.array(alertDeliverySchema),
});

export type AlertEvent = z.infer<typeof eventOutputSchema>;
type EventRow = typeof schema.alertEvents.$inferSelect;

export function mapEvent({
  threshold,
  firedAt,
  resolvedAt,
  valueAtFire,
  valueAtResolve,
  ...row
}: EventRow): AlertEvent {
  return {
    ...row,
    threshold: Number(threshold),
    firedAt: firedAt.toISOString(),
    resolvedAt: resolvedAt?.toISOString() ?? null,
    valueAtFire: Number(valueAtFire),
    valueAtResolve: valueAtResolve === null ? null : Number(valueAtResolve),
  };
}
