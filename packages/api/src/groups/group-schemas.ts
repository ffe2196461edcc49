import { MODEL_SCOPES, PLATFORMS } from '@tollgate/core';
import { z } from 'zod';
import { idField, nameField, statusField } from '../fields/text-fields.ts';
import {
  drainMsField,
  drainTokensField,
  imagePriceField,
  limitField,
  multiplierField,
  queueTimeoutField,
  spendBoundField,
  spendLimitField,
} from '../fields/number-fields.ts';
import { messagesDispatchField } from './messages-dispatch-field.ts';
import { modelRoutingField } from './model-routing-field.ts';

const DAY_MS = 86_400_000;
const deadlineField = z.int().min(1).max(DAY_MS).optional();

/** ms; a missing one takes the default of core. */
const deadlinesSchema = z.strictObject({
  connectMs: deadlineField,
  firstByteMs: deadlineField,
  firstContentMs: deadlineField,
  idleMs: deadlineField,
  totalMs: deadlineField,
});

/** standard: paid from the balance; subscription: from the windows of the user's subscription to the group. */
export const groupTypeField = z.enum(['standard', 'subscription']);
export const hangUpField = z.enum(['abort', 'drain']);

export const modelScopesField = z
  .array(z.enum(MODEL_SCOPES))
  .min(1, 'names no scope')
  .refine((scopes) => new Set(scopes).size === scopes.length, 'names a scope twice')
  .nullable();

/** USD an image by its size. A size that is left out has the price book's price, as null says. */
export const imagePricesField = z.strictObject({
  '1k': imagePriceField.default(null),
  '2k': imagePriceField.default(null),
  '4k': imagePriceField.default(null),
});

const settings = {
  status: statusField,
  type: groupTypeField,
  rateMultiplier: multiplierField,
  /** Users may make keys of their own in the group. */
  selfService: z.boolean(),
  rpm: limitField,
  /** Tokens a minute of one user in this group; 0 = no limit. */
  tpm: limitField,
  /** SEL-6: other clients go to the fallback group, or are refused. */
  clientRestriction: z.enum(['none', 'claude-code']),
  /** null = none. Groups may not fall back in a circle. */
  fallbackGroupId: idField.nullable(),
  /** Tried once when the upstream refuses a request that it may accept; null = none. */
  invalidRequestFallbackGroupId: idField.nullable(),
  /** The first pattern that fits replaces the candidates; accounts must be in the group. */
  modelRouting: modelRoutingField(idField),
  /** How long a request may wait for a slot of its user or key, ms. */
  queueTimeoutMs: queueTimeoutField,
  unpricedModels: z.enum(['refuse', 'allow']),
  /** MON-9: USD that a subscription may spend in 24 h, 7 d, 30 d from first use; null = no limit. */
  limitDay: spendLimitField,
  limitWeek: spendLimitField,
  limitMonth: spendLimitField,
  /** MON-4: USD that admission holds of a request's estimated cost at most; null = all of it. */
  holdMax: spendBoundField,
  /** MON-7: when the client hangs up, cut the upstream or read on to learn the true usage. */
  hangUp: hangUpField,
  /** How long, and for how many tokens of output, a drain reads on at most. */
  drainMs: drainMsField,
  drainTokens: drainTokensField,
  imagePrices: imagePricesField,
  /** API-4, of platform openai: calls of Anthropic's Messages, and what their models are here. */
  messagesDispatch: messagesDispatchField,
  /** API-7, of platform antigravity: what may be asked for; null = everything. */
  modelScopes: modelScopesField,
  mcpXmlInject: z.boolean(),
  deadlines: deadlinesSchema,
};

export const groupCreateSchema = z.strictObject({
  name: nameField,
  platform: z.enum(PLATFORMS),
  ...z.strictObject(settings).partial().shape,
});

/** The platform of a group never changes: its keys and accounts depend on it. */
export const groupPatchSchema = z.strictObject({ name: nameField, ...settings }).partial();

export const groupOutputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  platform: z.enum(PLATFORMS),
  ...settings,
  rateMultiplier: z.string(),
  fallbackGroupId: z.string().nullable(),
  invalidRequestFallbackGroupId: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const groupRefSchema = z.union([z.strictObject({ id: idField }), z.strictObject({ name: nameField })]);

export type GroupCreate = z.infer<typeof groupCreateSchema>;
export type GroupPatch = z.infer<typeof groupPatchSchema>;
export type Group = z.infer<typeof groupOutputSchema>;
