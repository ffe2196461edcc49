import { z } from 'zod';
import { emailField, idField, statusField } from '../fields/text-fields.ts';
import {
  limitField,
  percentField,
  queueMaxField,
  spendBoundField,
  tokenLimitField,
  weightField,
} from '../fields/number-fields.ts';

const NOTICE_EMAILS_MAX = 10;

export const noticeEmailsField = z
  .array(emailField)
  .max(NOTICE_EMAILS_MAX)
  .refine((emails) => new Set(emails).size === emails.length, 'names an address twice');

const settings = {
  status: statusField,
  role: z.enum(['admin', 'user']),
  concurrency: limitField,
  rpm: limitField,
  /** Tokens a minute; 0 = no limit. */
  tpm: limitField,
  /** Share of a busy account beside other users that wait for it: 1 to 100. */
  weight: weightField,
  /** Requests that may wait for a slot; null = max(concurrency, 1) + 20. */
  queueMax: queueMaxField,
  /** Tokens a period of seven days; 0 = no quota. */
  tokenLimit: tokenLimitField,
  /** MON-11: USD; a use that brings the balance down to this sends one mail. null = none. Puts the percentage out of use. */
  lowBalanceThreshold: spendBoundField,
  /** The same as a percentage of all that was recharged; null = none. Puts the threshold out of use. */
  lowBalancePercent: percentField,
  /** Who gets the mail besides the user. */
  noticeEmails: noticeEmailsField,
};

/** One of the two at most counts: who gives one takes the other away. */
export const ONE_THRESHOLD = {
  path: ['lowBalancePercent'],
  message: 'give either a threshold or a percentage',
};

interface LowBalance {
  lowBalanceThreshold?: string | null | undefined;
  lowBalancePercent?: number | null | undefined;
}

export function hasOneThreshold({ lowBalanceThreshold, lowBalancePercent }: LowBalance): boolean {
  return typeof lowBalanceThreshold !== 'string' || typeof lowBalancePercent !== 'number';
}

/** A new user has no money: balances move through `balances.adjust` alone. */
export const userCreateSchema = z
  .strictObject({ email: emailField, ...z.strictObject(settings).partial().shape })
  .refine(hasOneThreshold, ONE_THRESHOLD);

export const userPatchSchema = z.strictObject({ email: emailField, ...settings }).partial();

/** What `users.update` takes. */
export const userUpdateSchema = userPatchSchema
  .safeExtend({ id: idField })
  .refine(hasOneThreshold, ONE_THRESHOLD);

export const userOutputSchema = z.strictObject({
  id: z.string(),
  email: z.string(),
  ...settings,
  /** USD, shortest exact decimal. */
  balance: z.string(),
  /** Tokens booked since `lastResetAt`. */
  tokenUsage: z.int(),
  /** When the present period of the token quota began; null = the first one is due. */
  lastResetAt: z.string().nullable(),
  /** USD: all top-ups and redeemed codes. */
  totalRecharged: z.string(),
  /** When the low-balance notice was made; there is no other one until a top-up. null = armed. */
  lowBalanceNotifiedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const userRefSchema = z.union([
  z.strictObject({ id: idField }),
  z.strictObject({ email: emailField }),
]);

export type UserCreate = z.infer<typeof userCreateSchema>;
export type UserPatch = z.infer<typeof userPatchSchema>;
export type User = z.infer<typeof userOutputSchema>;
export type UserRef = z.infer<typeof userRefSchema>;
