import { z } from 'zod';
import { emailField, idField, statusField } from '../fields/text-fields.ts';
import { limitField, queueMaxField, tokenLimitField, weightField } from '../fields/number-fields.ts';

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
};

/** A new user has no money: balances move through `balances.adjust` alone. */
export const userCreateSchema = z.strictObject({
  email: emailField,
  ...z.strictObject(settings).partial().shape,
});

export const userPatchSchema = z.strictObject({ email: emailField, ...settings }).partial();

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
