import { PLATFORMS } from '@tollgate/core';
import { z } from 'zod';
import { idField, nameField, statusField } from '../fields/text-fields.ts';
import { limitField, multiplierField, queueTimeoutField } from '../fields/number-fields.ts';
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

/** Groups paid from a subscription are not served yet, so none can be made: it would be billed to the balance. */
export const groupTypeField = z.enum(['standard']);

const settings = {
  status: statusField,
  type: groupTypeField,
  rateMultiplier: multiplierField,
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
