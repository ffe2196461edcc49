import { z } from 'zod';
import { amountField } from '../fields/number-fields.ts';
import { idField, instantField, nameField, noteField } from '../fields/text-fields.ts';
import { daysField } from '../subscriptions/subscription-schemas.ts';

const BATCH_CODES_MAX = 10_000;
const CONCURRENCY_MAX = 10_000;

const positiveAmountField = amountField.refine(
  (text) => /^(?!-).*[1-9]/.test(text),
  'must be more than zero',
);

/** What each code of a batch is worth. */
export const worthSchema = z.discriminatedUnion('kind', [
  /** USD for the balance; counts as recharged. */
  z.strictObject({ kind: z.literal('balance'), amount: positiveAmountField }),
  /** Parallel requests on top of what the user may have. */
  z.strictObject({ kind: z.literal('concurrency'), concurrency: z.int().min(1).max(CONCURRENCY_MAX) }),
  /** Days in a subscription group: a new subscription, or as many days more. */
  z.strictObject({ kind: z.literal('subscription'), groupId: idField, days: daysField }),
]);

export const batchCreateSchema = z.strictObject({
  name: nameField,
  worth: worthSchema,
  count: z.int().min(1).max(BATCH_CODES_MAX),
  /** The first moment at which the codes are no longer taken; absent = never. */
  expiresAt: instantField.optional(),
  note: noteField.optional(),
});

export const batchOutputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  worth: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('balance'), amount: z.string() }),
    z.strictObject({ kind: z.literal('concurrency'), concurrency: z.int() }),
    z.strictObject({ kind: z.literal('subscription'), groupId: z.string(), days: z.int() }),
  ]),
  count: z.int(),
  redeemed: z.int(),
  revoked: z.int(),
  expiresAt: z.string().nullable(),
  note: z.string().nullable(),
  createdAt: z.string(),
});

export const codeStateField = z.enum(['unused', 'redeemed', 'revoked', 'expired']);

export const codeOutputSchema = z.strictObject({
  id: z.string(),
  batchId: z.string(),
  /** First characters; the code itself is in the export alone. */
  prefix: z.string(),
  state: codeStateField,
  redeemedAt: z.string().nullable(),
  /** Id of the user. */
  redeemedBy: z.string().nullable(),
});

export type Worth = z.infer<typeof worthSchema>;
export type BatchCreate = z.infer<typeof batchCreateSchema>;
export type RedeemBatch = z.infer<typeof batchOutputSchema>;
export type CodeState = z.infer<typeof codeStateField>;
export type RedeemCode = z.infer<typeof codeOutputSchema>;
