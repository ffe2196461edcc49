import { ALERT_CHANNEL_KINDS } from '@tollgate/core';
import type { schema } from '@tollgate/db';
import { z } from 'zod';
import { emailField, idField, nameField } from '../../fields/text-fields.ts';

const URL_CHARACTERS_MAX = 2048;
const RECIPIENTS_MAX = 20;

export const channelUrlField = z.string().min(1).max(URL_CHARACTERS_MAX);
export const channelSecretField = z
  .string()
  .min(8, 'at least 8 characters')
  .max(256, 'at most 256 characters')
  .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces');
export const recipientsField = z
  .array(emailField)
  .min(1, 'names nobody')
  .max(RECIPIENTS_MAX)
  .refine((emails) => new Set(emails).size === emails.length, 'names somebody twice');

/** What fits which kind: see requireChannelFields. */
const fields = {
  name: nameField,
  /** Of e-mail alone. */
  recipients: recipientsField.optional(),
  /** Of all but e-mail. Write-only: it may hold a token. */
  url: channelUrlField.optional(),
  /** What messages are signed with: a must for `webhook`, may be for `feishu` and `dingtalk`. Write-only. */
  secret: channelSecretField.optional(),
};

export const channelCreateSchema = z.strictObject({
  ...fields,
  kind: z.enum(ALERT_CHANNEL_KINDS),
  isEnabled: z.boolean().default(true),
});

export const channelPatchSchema = z.strictObject({
  ...fields,
  name: nameField.optional(),
  /** null = no longer signed. */
  secret: channelSecretField.nullable().optional(),
  isEnabled: z.boolean().optional(),
});

export const channelOutputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(ALERT_CHANNEL_KINDS),
  /** Empty = none of e-mail. */
  recipients: z.array(z.string()),
  /** Of the URL; null = e-mail. */
  host: z.string().nullable(),
  isSigned: z.boolean(),
  isEnabled: z.boolean(),
  /** How many rules use it, as their own or to fall back on. */
  rules: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const channelRefSchema = z.union([
  z.strictObject({ id: idField }),
  z.strictObject({ name: nameField }),
]);

export type ChannelCreate = z.infer<typeof channelCreateSchema>;
export type ChannelPatch = z.infer<typeof channelPatchSchema>;
export type ChannelRef = z.infer<typeof channelRefSchema>;
export type Channel = z.infer<typeof channelOutputSchema>;
export type ChannelRow = typeof schema.alertChannels.$inferSelect;
