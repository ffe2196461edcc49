import { PLATFORMS } from '@tollgate/core';
import { z } from 'zod';
import { idField, nameField, statusField } from '../fields/text-fields.ts';
import { limitField, multiplierField } from '../fields/number-fields.ts';

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
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const groupRefSchema = z.union([z.strictObject({ id: idField }), z.strictObject({ name: nameField })]);

export type GroupCreate = z.infer<typeof groupCreateSchema>;
export type GroupPatch = z.infer<typeof groupPatchSchema>;
export type Group = z.infer<typeof groupOutputSchema>;
