import { ALERT_CHANNEL_KINDS, ALERT_COMPARISONS, PLATFORMS, PROTOCOLS, STATUS_CLASSES } from '@tollgate/core';
import { z } from 'zod';
import {
  channelSecretField,
  channelUrlField,
  recipientsField,
} from '../../alerts/channels/channel-schemas.ts';
import { metricField, ruleSettings, thresholdField } from '../../alerts/rules/rule-schemas.ts';
import { emailField, nameField } from '../../fields/text-fields.ts';
import { renamedFromField } from '../renamed-from-field.ts';

const VALUES_MAX = 100;

function buildValuesField<Value extends z.ZodType<string>>(value: Value, what: string) {
  return z.array(value).min(1, 'names nothing').max(VALUES_MAX).optional().describe(what);
}

export const configAlertChannelSchema = z.strictObject({
  name: nameField.describe('Unique.'),
  renamed_from: renamedFromField,
  kind: z.enum(ALERT_CHANNEL_KINDS).describe('Cannot be changed later.'),
  recipients: recipientsField.optional().describe('Of kind email: who gets it.'),
  url: channelUrlField.optional().describe('Of all other kinds; stored sealed. Needed for a new channel.'),
  secret: channelSecretField
    .nullish()
    .describe('What messages are signed with: a must for webhook, may be for feishu and dingtalk; sealed.'),
  enabled: z.boolean().optional().describe('A disabled channel sends nothing.'),
});

const filterSchema = z.strictObject({
  platform: buildValuesField(z.enum(PLATFORMS), 'Of the group that served.'),
  model: buildValuesField(nameField, 'As clients ask for it.'),
  account: buildValuesField(nameField, 'Names.'),
  group: buildValuesField(nameField, 'Names.'),
  user: buildValuesField(emailField, 'E-mail addresses.'),
  key: buildValuesField(nameField.max(400), '`<e-mail>/<name>`.'),
  protocol: buildValuesField(z.enum(PROTOCOLS), 'Spoken by the client.'),
  status_class: buildValuesField(z.enum(STATUS_CLASSES), 'Of the answer.'),
});

export const configAlertRuleSchema = z.strictObject({
  name: nameField.describe('Unique. Rules have the order of this list; those it does not name come after.'),
  renamed_from: renamedFromField,
  metric: metricField.describe('What is watched, see docs/alerts.md.'),
  comparison: z.enum(ALERT_COMPARISONS).describe('Strictly above, or strictly below.'),
  threshold: thresholdField.describe("In the metric's unit."),
  filter: filterSchema.optional().describe('Dimension to values; only what the metric can be narrowed by.'),
  window_minutes: ruleSettings.windowMinutes.optional().describe('What the figure is of, back from now.'),
  for_minutes: ruleSettings.forMinutes
    .optional()
    .describe('How long it must have been so; 0 = it fires at once.'),
  severity: ruleSettings.severity.optional().describe('For people.'),
  cool_down_minutes: ruleSettings.coolDownMinutes
    .optional()
    .describe('Least time between two messages of firing.'),
  channel: nameField.nullish().describe('Where messages go; null = nobody is told.'),
  fallback_channel: nameField.nullish().describe('Used when the channel has failed; null = none.'),
  enabled: z.boolean().optional().describe('A disabled rule is not evaluated.'),
});

export type ConfigAlertChannel = z.infer<typeof configAlertChannelSchema>;
export type ConfigAlertRule = z.infer<typeof configAlertRuleSchema>;
