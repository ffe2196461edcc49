import { ACCOUNT_KINDS, PLATFORMS } from '@tollgate/core';
import { z } from 'zod';
import { idField, instantField, nameField } from '../fields/text-fields.ts';
import { limitField, priorityField } from '../fields/number-fields.ts';
import { credentialsSchema } from './credentials-schema.ts';
import { modelMappingField } from './model-mapping-field.ts';

const ACCOUNT_GROUPS_MAX = 1000;

export const baseUrlField = z.string().min(1).max(2048);

/** Groups that may use the account; `priority` null or absent = the account's own. */
const groupLinksField = z
  .array(z.strictObject({ id: idField, priority: priorityField.nullish() }))
  .max(ACCOUNT_GROUPS_MAX)
  .refine((links) => new Set(links.map((link) => link.id)).size === links.length, 'names a group twice');

const settings = {
  /** Parallel requests; 0 = no limit. */
  concurrency: limitField,
  /** Lower goes first. */
  priority: priorityField,
  status: z.enum(['active', 'disabled', 'error']),
  schedulable: z.boolean(),
  /** null = never */
  expiresAt: instantField.nullable(),
  modelMapping: modelMappingField,
};

export const accountCreateSchema = z.strictObject({
  name: nameField,
  platform: z.enum(PLATFORMS),
  kind: z.enum(ACCOUNT_KINDS),
  /** Absent = the platform's own. */
  baseUrl: baseUrlField.optional(),
  credentials: credentialsSchema,
  groups: groupLinksField.optional(),
  ...z.strictObject(settings).partial().shape,
});

/** Platform and kind never change: another credential is another account. */
export const accountPatchSchema = z
  .strictObject({
    name: nameField,
    baseUrl: baseUrlField,
    /** Replaces all of them. */
    credentials: credentialsSchema,
    groups: groupLinksField,
    ...settings,
  })
  .partial();

/** Credentials are write-only: nothing of them is here. */
export const accountOutputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  platform: z.enum(PLATFORMS),
  kind: z.enum(ACCOUNT_KINDS),
  baseUrl: z.string(),
  groups: z.array(z.strictObject({ id: z.string(), name: z.string(), priority: z.number().nullable() })),
  ...settings,
  priority: z.int(),
  modelMapping: z.record(z.string(), z.string()),
  expiresAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type AccountCreate = z.infer<typeof accountCreateSchema>;
export type AccountPatch = z.infer<typeof accountPatchSchema>;
export type Account = z.infer<typeof accountOutputSchema>;
