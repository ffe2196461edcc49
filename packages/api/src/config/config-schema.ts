import { ACCOUNT_KINDS, PLATFORMS } from '@tollgate/core';
import { z } from 'zod';
import {
  baseUrlField,
  projectField,
  proxyField,
  sessionIdleMinutesField,
  upstreamProtocolField,
} from '../accounts/account-schemas.ts';
import { credentialsSchema } from '../accounts/credentials-schema.ts';
import { modelMappingField } from '../accounts/model-mapping-field.ts';
import { pinnedHeadersField } from '../accounts/pinned-headers-field.ts';
import { passedStatusesField, pauseRulesField } from '../accounts/upstream-rule-fields.ts';
import {
  costField,
  drainMsField,
  drainTokensField,
  limitField,
  multiplierField,
  percentField,
  priorityField,
  queueMaxField,
  queueTimeoutField,
  spendBoundField,
  spendLimitField,
  tokenLimitField,
  weightField,
} from '../fields/number-fields.ts';
import { emailField, instantField, ipRangesField, nameField, statusField } from '../fields/text-fields.ts';
import { groupTypeField, hangUpField, imagePricesField, modelScopesField } from '../groups/group-schemas.ts';
import { messagesDispatchField } from '../groups/messages-dispatch-field.ts';
import { namedModelRoutingField } from '../groups/model-routing-field.ts';
import { configAlertChannelSchema, configAlertRuleSchema } from './alerts/config-alert-schemas.ts';
import { customKeyField } from '../keys/key-schemas.ts';
import { noticeEmailsField } from '../users/user-schemas.ts';
import {
  configProxySchema,
  configSettingsSchema,
  configSubscriptionSchema,
} from './config-resource-schemas.ts';
import { renamedFromEmailField, renamedFromField } from './renamed-from-field.ts';

const messagesDispatchShape = messagesDispatchField.shape;
const deadlineField = z.int().min(1).max(86_400_000).optional();
const uniqueNamesField = z
  .array(nameField)
  .max(1000)
  .refine((names) => new Set(names).size === names.length, 'names a group twice');

/** Of the account, with its own priority in the group where there is one. */
const groupLinkField = z.union([
  nameField.transform((name) => ({ name, priority: undefined })),
  z.strictObject({
    name: nameField,
    priority: priorityField.nullish().describe("In this group; null = the account's own."),
  }),
]);
const groupLinksField = z
  .array(groupLinkField)
  .max(1000)
  .refine((links) => new Set(links.map(({ name }) => name)).size === links.length, 'names a group twice');

/**
 * The apply file. A field that is left out takes its default in a new object and stays as it is in one that is
 * there already.
 */
export const configGroupSchema = z.strictObject({
  name: nameField.describe('Names the group in this file and everywhere; unique.'),
  renamed_from: renamedFromField,
  platform: z.enum(PLATFORMS).describe('Who the upstream is; cannot be changed later.'),
  rate_multiplier: multiplierField.optional().describe('Price multiplier as a quoted decimal; "0" = free.'),
  rpm: limitField.optional().describe('Requests a minute of one user in this group; 0 = no limit.'),
  tpm: limitField.optional().describe('Tokens a minute of one user in this group; 0 = no limit.'),
  client_restriction: z
    .enum(['none', 'claude-code'])
    .optional()
    .describe('Which clients may use the group; others go to fallback_group, or are refused.'),
  fallback_group: nameField
    .nullish()
    .describe('Of any platform; null = none. Groups may not fall back in a circle.'),
  fallback_group_on_invalid_request: nameField
    .nullish()
    .describe(
      'Tried once when the upstream refuses a request that this group may accept; its limits and price hold then. Same rules.',
    ),
  model_routing: namedModelRoutingField(nameField)
    .optional()
    .describe('The first pattern (exact or trailing *) that fits a model replaces its candidates.'),
  queue_timeout_ms: queueTimeoutField
    .optional()
    .describe('How long a request may wait for a slot of its user or key.'),
  type: groupTypeField
    .optional()
    .describe("Who pays: the user's balance, or the windows of the user's subscription to the group."),
  limit_day: spendLimitField
    .optional()
    .describe('USD that a subscription may spend in 24 hours from first use; null = no limit.'),
  limit_week: spendLimitField.optional().describe('The same in 7 days.'),
  limit_month: spendLimitField.optional().describe('The same in 30 days.'),
  hold_max: spendBoundField
    .optional()
    .describe("Most that is held of a request's estimated cost while it runs, in USD; null = all of it."),
  hang_up: hangUpField
    .optional()
    .describe('When the client hangs up: cut the upstream, or read on to learn the true usage.'),
  drain_ms: drainMsField.optional().describe('How long a drain reads on at most.'),
  drain_tokens: drainTokensField
    .optional()
    .describe('For how many tokens of output a drain reads on at most.'),
  image_prices: imagePricesField
    .optional()
    .describe("USD an image by size (`1k`, `2k`, `4k`); null or left out = the price book's."),
  messages_dispatch: z
    .strictObject({
      allowed: messagesDispatchShape.allowed.describe('false refuses such calls.'),
      default_model: messagesDispatchShape.defaultModel.describe(
        "Asked for in place of Anthropic's models that no family maps; null = their own name.",
      ),
      families: messagesDispatchShape.families.describe(
        'A word in the name of an Anthropic model, e.g. `opus`, to the model that is asked for in its place.',
      ),
    })
    .optional()
    .describe("Of platform openai: calls of Anthropic's Messages, and what their models are here."),
  supported_model_scopes: modelScopesField
    .optional()
    .describe('Of platform antigravity: what may be asked for; null = everything.'),
  mcp_xml_inject: z.boolean().optional().describe('Of platform antigravity: MCP tools are called in XML.'),
  status: statusField.optional().describe('A disabled group refuses its keys.'),
  self_service: z.boolean().optional().describe('Users may make keys of their own in the group.'),
  unpriced_models: z
    .enum(['refuse', 'allow'])
    .optional()
    .describe('What happens to a model without a price.'),
  deadlines: z
    .strictObject({
      connect_ms: deadlineField,
      first_byte_ms: deadlineField,
      first_content_ms: deadlineField,
      idle_ms: deadlineField,
      total_ms: deadlineField,
    })
    .optional()
    .describe('Milliseconds; a missing one takes the default.'),
});

export const configAccountSchema = z.strictObject({
  name: nameField.describe('Unique.'),
  renamed_from: renamedFromField,
  platform: z.enum(PLATFORMS).describe('Must be the platform of its groups; cannot be changed later.'),
  kind: z.enum(ACCOUNT_KINDS).describe('Cannot be changed later.'),
  base_url: baseUrlField
    .optional()
    .describe(
      "The platform's own when left out. Of openai and gemini a path in it is the API's root, e.g. `/openai/v1`.",
    ),
  upstream_protocol: upstreamProtocolField
    .optional()
    .describe('Of openai: the only protocol that its host speaks; null = both.'),
  project: projectField
    .optional()
    .describe(
      'Google project: of gemini by token it means Code Assist; of antigravity part of each request.',
    ),
  credentials: credentialsSchema.optional().describe('Needed for a new account; stored sealed.'),
  concurrency: limitField.optional().describe('Parallel requests; 0 = no limit.'),
  priority: priorityField.optional().describe('Lower goes first.'),
  groups: groupLinksField
    .optional()
    .describe('Groups that may use the account, by name; or with a priority of its own in the group.'),
  status: z.enum(['active', 'disabled', 'error']).optional().describe('Only an active one is used.'),
  schedulable: z.boolean().optional().describe('false takes it out of the choice for a while.'),
  expires_at: instantField.nullish().describe('null = never.'),
  model_mapping: modelMappingField
    .optional()
    .describe('Requested name (exact or trailing *) to upstream name; not empty = also the allow-list.'),
  proxy: proxyField
    .nullish()
    .describe('http://, https:// or socks5://, user and password allowed; stored sealed. null = direct.'),
  proxy_name: nameField
    .nullish()
    .describe('A proxy of `proxies` in place of a URL of its own; null = none of them.'),
  sessions_max: limitField
    .optional()
    .describe('Live sessions, for kinds oauth and setup-token; 0 = no limit.'),
  session_idle_minutes: sessionIdleMinutesField
    .optional()
    .describe('A session without requests ends after so many minutes.'),
  window_cost_limit: costField
    .nullish()
    .describe('Standard cost a window in USD, for kinds oauth and setup-token; null = no limit.'),
  window_cost_reserve: costField
    .optional()
    .describe('USD that sessions which are on the account already may go above it.'),
  intercept_warm_ups: z.boolean().optional().describe("Answers clients' housekeeping requests locally."),
  passed_statuses: passedStatusesField
    .optional()
    .describe("Upstream statuses that are the client's own errors, passed on; null = the usual rules."),
  pause_rules: pauseRulesField
    .optional()
    .describe('An answer of this status with one of these words in its body pauses the account.'),
  pinned_headers: pinnedHeadersField.optional().describe("Values that replace the client's."),
});

export const configUserSchema = z.strictObject({
  email: emailField.describe('Names the user in this file and everywhere; unique.'),
  renamed_from: renamedFromEmailField,
  balance: costField
    .optional()
    .describe('Opening balance in USD as a quoted decimal: booked once, when the user is created.'),
  concurrency: limitField.optional().describe('Parallel requests; 0 = no limit.'),
  rpm: limitField.optional().describe('Requests a minute; 0 = no limit.'),
  tpm: limitField.optional().describe('Tokens a minute; 0 = no limit.'),
  weight: weightField.optional().describe('Share of a busy account beside other users that wait for it.'),
  queue_max: queueMaxField.optional().describe('Requests that may wait for a slot; null = concurrency + 20.'),
  token_limit: tokenLimitField.optional().describe('Tokens a period of seven days; 0 = no quota.'),
  low_balance_threshold: spendBoundField
    .optional()
    .describe('A use that brings the balance down to this sends one mail, USD; null = none.'),
  low_balance_percent: percentField
    .optional()
    .describe('The same as a percentage of all that was recharged; one of the two at most. null = none.'),
  notice_emails: noticeEmailsField.optional().describe('Who gets the mail besides the user.'),
  status: statusField.optional().describe('All keys of a disabled user are refused.'),
  role: z.enum(['admin', 'user']).optional().describe('What the user may do in the control plane.'),
});

export const configKeySchema = z.strictObject({
  user: emailField.describe('The owner.'),
  name: nameField.describe("Unique among the user's keys."),
  renamed_from: renamedFromField,
  groups: uniqueNamesField.min(1, 'a key needs a group').describe('In the order in which they are tried.'),
  key: customKeyField
    .optional()
    .describe('The key itself; only its hash is stored. Left out, a key that is there stays as it is.'),
  key_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')
    .optional()
    .describe('In place of `key`: its SHA-256, as `tollgate export` writes it.'),
  key_prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,10}…?$/, 'expected up to 10 characters of A-Z a-z 0-9 _ -')
    .optional()
    .describe('With `key_hash`: the first characters of the key, for lists.'),
  status: statusField.optional().describe('A disabled key is refused.'),
  expires_at: instantField.nullish().describe('null = never.'),
  ip_allow: ipRangesField.optional().describe('Addresses or CIDR ranges; empty = everyone.'),
  ip_deny: ipRangesField.optional().describe('Wins over ip_allow.'),
  rpm: limitField.optional().describe('Requests a minute of this key; 0 = no limit.'),
  tpm: limitField.optional().describe('Tokens a minute of this key; 0 = no limit.'),
  concurrency: limitField.optional().describe('Parallel requests of this key; 0 = no limit.'),
  quota: spendLimitField.optional().describe('USD that the key may spend in all; null = no limit.'),
  limit_5h: spendLimitField
    .optional()
    .describe('USD that the key may spend in 5 hours from first use; null = no limit.'),
  limit_1d: spendLimitField.optional().describe('The same in 24 hours.'),
  limit_7d: spendLimitField.optional().describe('The same in 7 days.'),
});

export const configRpmOverrideSchema = z.strictObject({
  user: emailField.describe('Whose limit it is.'),
  group: nameField.describe('In which group.'),
  rpm: limitField.describe("In place of the group's rpm for this user; 0 = free of it."),
});

export const configSchema = z.strictObject({
  settings: configSettingsSchema.default({}),
  proxies: z.array(configProxySchema).default([]),
  groups: z.array(configGroupSchema).default([]),
  accounts: z.array(configAccountSchema).default([]),
  users: z.array(configUserSchema).default([]),
  subscriptions: z.array(configSubscriptionSchema).default([]),
  keys: z.array(configKeySchema).default([]),
  rpm_overrides: z.array(configRpmOverrideSchema).default([]),
  alert_channels: z.array(configAlertChannelSchema).default([]),
  alert_rules: z.array(configAlertRuleSchema).default([]),
});

export type Config = z.infer<typeof configSchema>;
export type ConfigGroup = Config['groups'][number];
export type ConfigAccount = Config['accounts'][number];
export type ConfigUser = Config['users'][number];
export type ConfigRpmOverride = Config['rpm_overrides'][number];
export type ConfigKey = Config['keys'][number];
