import { z } from 'zod';

const MONTHS_MAX = 1_200;
const DAYS_MAX = 3_660;

/** Each setting with what it takes; null = all are kept. */
export const settingFields = {
  /** Whole months of usage rows that are kept before the present one. */
  usageMonthsKept: z.int().min(1).max(MONTHS_MAX).nullable(),
  /** Whole days of decision records that are kept before the present one. */
  decisionDaysKept: z.int().min(1).max(DAYS_MAX).nullable(),
  /** Whole days that alert events which are over are kept, with their messages. */
  alertDaysKept: z.int().min(1).max(DAYS_MAX).nullable(),
} as const;

export const settingsSchema = z.strictObject(settingFields);
export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;

export const SETTING_NAMES = Object.keys(settingFields) as SettingName[];
export const settingNameField = settingsSchema.keyof();

/** What holds now, what the configuration says, and which of them an admin has set. */
export const settingsOutputSchema = z.strictObject({
  values: settingsSchema,
  defaults: settingsSchema,
  set: z.array(settingNameField),
});
export type SettingsOutput = z.infer<typeof settingsOutputSchema>;
