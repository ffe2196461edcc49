import {
  ALERT_COMPARISONS,
  ALERT_METRIC_NAMES,
  ALERT_RULE_STATES,
  ALERT_SEVERITIES,
  type AlertMetric,
} from '@tollgate/core';
import type { schema } from '@tollgate/db';
import { z } from 'zod';
import { idField, nameField } from '../../fields/text-fields.ts';
import { alertFilterField, shownAlertFilterField } from '../alert-filter-field.ts';

const DAY_MINUTES = 1_440;
const COOL_DOWN_MINUTES_MAX = 10_080;
const THRESHOLD_MAX = 1_000_000_000_000;
/** numeric(30,12) */
const THRESHOLD_DECIMALS = 12;

export const thresholdField = z
  .number()
  .min(0)
  .max(THRESHOLD_MAX)
  .refine(
    (value) => Number(value.toFixed(THRESHOLD_DECIMALS)) === value,
    `at most ${THRESHOLD_DECIMALS} decimals`,
  );
export const metricField = z.enum(ALERT_METRIC_NAMES as [AlertMetric, ...AlertMetric[]]);

/** All but filter and channels, which a file names in its own way. */
export const ruleSettings = {
  /** The figure must have been so for as long; 0 = it fires at once. */
  forMinutes: z.int().min(0).max(DAY_MINUTES),
  /** What the figure is of, back from now. */
  windowMinutes: z.int().min(1).max(DAY_MINUTES),
  severity: z.enum(ALERT_SEVERITIES),
  /** Least time between two notifications of firing. */
  coolDownMinutes: z.int().min(0).max(COOL_DOWN_MINUTES_MAX),
  isEnabled: z.boolean(),
};

export const ruleCondition = {
  metric: metricField,
  /** Strictly above, or strictly below. */
  comparison: z.enum(ALERT_COMPARISONS),
  /** In the metric's unit. */
  threshold: thresholdField,
};

const settings = {
  ...ruleSettings,
  /** Only what the metric can be narrowed by, see `alertRules.listMetrics`. */
  filter: alertFilterField,
  /** null = events are recorded, nobody is told. */
  channelId: idField.nullable(),
  /** Used when the channel has failed; null = none. */
  fallbackChannelId: idField.nullable(),
};

export const rulePatchSchema = z.strictObject({ name: nameField, ...ruleCondition, ...settings }).partial();
export const ruleCreateSchema = rulePatchSchema.required({
  name: true,
  metric: true,
  comparison: true,
  threshold: true,
});

/** As the evaluator left it. */
const stateSchema = z.strictObject({
  state: z.enum(ALERT_RULE_STATES),
  since: z.string(),
  /** null = there was no figure. */
  lastValue: z.number().nullable(),
  lastEvaluatedAt: z.string().nullable(),
  /** Of firing; null = never. */
  lastNotifiedAt: z.string().nullable(),
  /** The open event. */
  eventId: z.string().nullable(),
  /** Why the last evaluation gave no answer; null = it did. */
  fault: z.string().nullable(),
});

export const ruleOutputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** From 1; rules are evaluated and listed in this order. */
  position: z.int(),
  metric: metricField,
  comparison: z.enum(ALERT_COMPARISONS),
  threshold: z.number(),
  ...ruleSettings,
  filter: shownAlertFilterField,
  channelId: z.string().nullable(),
  fallbackChannelId: z.string().nullable(),
  /** null = not evaluated yet. */
  state: stateSchema.nullable(),
  /** A silence keeps it quiet now. */
  isSilenced: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const ruleRefSchema = z.union([z.strictObject({ id: idField }), z.strictObject({ name: nameField })]);

export type RuleCreate = z.infer<typeof ruleCreateSchema>;
export type RulePatch = z.infer<typeof rulePatchSchema>;
export type RuleRef = z.infer<typeof ruleRefSchema>;
export type Rule = z.infer<typeof ruleOutputSchema>;
export type RuleRow = typeof schema.alertRules.$inferSelect;
export type RuleStateRow = typeof schema.alertRuleStates.$inferSelect;
