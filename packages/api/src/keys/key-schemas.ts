import { z } from 'zod';
import { idField, instantField, ipRangesField, nameField, statusField } from '../fields/text-fields.ts';
import { limitField, spendLimitField } from '../fields/number-fields.ts';

const KEY_GROUPS_MAX = 32;

/** AUTH-1: a key of the operator's own choice. */
export const customKeyField = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9_-]{16,}$/, 'expected at least 16 characters of A-Z a-z 0-9 _ -');

/** In the order in which they are tried. */
const groupIdsField = z
  .array(idField)
  .min(1, 'a key needs a group')
  .max(KEY_GROUPS_MAX)
  .refine((ids) => new Set(ids).size === ids.length, 'names a group twice');

const settings = {
  status: statusField,
  /** null = never */
  expiresAt: instantField.nullable(),
  /** Empty = everyone; deny wins. */
  ipAllow: ipRangesField,
  ipDeny: ipRangesField,
  rpm: limitField,
  /** Tokens a minute; 0 = no limit. */
  tpm: limitField,
  concurrency: limitField,
  /** LIM-9: USD that the key may spend in all; null = no limit. */
  quota: spendLimitField,
  /** USD in a window that begins with its first use; null = no limit. */
  limit5h: spendLimitField,
  limit1d: spendLimitField,
  limit7d: spendLimitField,
};

export const keyCreateSchema = z.strictObject({
  userId: idField,
  name: nameField,
  groupIds: groupIdsField,
  /** Absent = a generated one. */
  key: customKeyField.optional(),
  ...z.strictObject(settings).partial().shape,
});

export const keyPatchSchema = z
  .strictObject({ name: nameField, groupIds: groupIdsField, ...settings })
  .partial();

export const keyOutputSchema = z.strictObject({
  id: z.string(),
  userId: z.string(),
  userEmail: z.string(),
  name: z.string(),
  /** First characters, for display: the key itself is nowhere. */
  prefix: z.string(),
  groups: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  ...settings,
  expiresAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type KeyCreate = z.infer<typeof keyCreateSchema>;
export type KeyPatch = z.infer<typeof keyPatchSchema>;
export type Key = z.infer<typeof keyOutputSchema>;
