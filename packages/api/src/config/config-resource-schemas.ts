import { z } from 'zod';
import { proxyField } from '../accounts/account-schemas.ts';
import { emailField, instantField, nameField, noteField } from '../fields/text-fields.ts';
import { settingFields, SETTING_NAMES, type SettingName } from '../settings/setting-schemas.ts';
import { renamedFromField } from './renamed-from-field.ts';
import { toSnakeCase } from './to-snake-case.ts';

export const configProxySchema = z.strictObject({
  name: nameField.describe('Names the proxy in this file and everywhere; unique.'),
  renamed_from: renamedFromField,
  url: proxyField
    .optional()
    .describe(
      'http://, https:// or socks5://, user and password allowed; stored sealed. Needed for a new proxy.',
    ),
});

/** One that counts per user and group: those that were revoked are in no file. */
export const configSubscriptionSchema = z.strictObject({
  user: emailField.describe('Whose it is.'),
  group: nameField.describe('To which group; of type subscription.'),
  starts_at: instantField.optional().describe('Of a new one: now, when left out.'),
  expires_at: instantField
    .optional()
    .describe(
      'The first moment at which it is no longer valid; needed for a new one. One that has expired begins anew with a later end.',
    ),
  status: z.enum(['active', 'suspended']).optional().describe('A suspended one lets no requests through.'),
  note: noteField.nullish().describe('For admins; null = none.'),
});

export const configSettingsSchema = z.strictObject({
  usage_months_kept: settingFields.usageMonthsKept
    .optional()
    .describe('Whole months of usage rows that are kept before the present one; null = all.'),
  decision_days_kept: settingFields.decisionDaysKept
    .optional()
    .describe('Whole days of decision records that are kept before the present one; null = all.'),
  alert_days_kept: settingFields.alertDaysKept
    .optional()
    .describe('Whole days that alert events which are over are kept, with their messages; null = all.'),
});

export type ConfigSettings = z.infer<typeof configSettingsSchema>;
export type ConfigProxy = z.infer<typeof configProxySchema>;
export type ConfigSubscription = z.infer<typeof configSubscriptionSchema>;

/** A field of `settings`, which is the only section that is no list. */
export interface ConfigSetting {
  /** As the API has it. */
  name: SettingName;
  value: number | null;
}

export function listSettings(settings: ConfigSettings): ConfigSetting[] {
  const given = new Map(Object.entries(settings));
  return SETTING_NAMES.flatMap((name) => {
    const value = given.get(toSnakeCase(name));
    return value === undefined ? [] : [{ name, value }];
  });
}
