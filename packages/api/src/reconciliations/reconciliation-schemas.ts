import { z } from 'zod';
import { idField } from '../fields/text-fields.ts';

const PART_ROWS_MAX = 1_000;
/** No line breaks or other characters that would forge a line of a listing. */
const fileNameField = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'no control characters');

export const beginSchema = z.strictObject({
  accountId: idField,
  fileName: fileNameField,
  /** SHA-256 of the file, hex. The same file again gives the report that is there. */
  fileHash: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'),
});

const count = z.int().min(0).nullable();
const instant = z.iso.datetime();

/** A row as `@tollgate/api/usage-exports` reads it. */
const rowSchema = z.strictObject({
  from: instant,
  to: instant,
  model: z.string().min(1).max(256).nullable(),
  requestId: z.string().min(1).max(256).nullable(),
  requests: count,
  inputTokens: count,
  cacheReadTokens: count,
  cacheWrite5mTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: count,
  webSearchRequests: count,
  costUsd: z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,12})?$/, 'expected a decimal amount in USD')
    .nullable(),
});

export const addRowsSchema = z.strictObject({
  id: idField,
  /** 0 for the first; the next one is taken only when this one is in. One that is in already is not taken again. */
  part: z.int().min(0),
  rows: z.array(rowSchema).min(1).max(PART_ROWS_MAX),
});

const tokens = z.number().nullable();
/** null = the export does not speak of it. */
export const countsSchema = z.strictObject({
  requests: tokens,
  inputTokens: tokens,
  cacheReadTokens: tokens,
  cacheWrite5mTokens: tokens,
  cacheWrite1hTokens: tokens,
  outputTokens: tokens,
  webSearchRequests: tokens,
  costUsd: z.string().nullable(),
});

const sides = {
  /** Booked, at standard cost. */
  ours: countsSchema,
  /** What the provider says. */
  theirs: countsSchema,
  /** theirs − ours: more than 0 = the provider counted more. */
  difference: countsSchema,
};

export const driftRowSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  model: z.string(),
  ...sides,
});

export const reconciliationOutputSchema = z.strictObject({
  id: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  provider: z.enum(['anthropic', 'openai']),
  fileName: z.string(),
  /** open: rows come in; done: compared. */
  status: z.enum(['open', 'done']),
  /** Rows that have come: requests, or sums of a period and model. */
  items: z.int(),
  matchedBy: z.enum(['request', 'period']).nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  /** Requests that the provider alone knows, and that we alone know; null where periods were compared. */
  missingOurs: z.int().nullable(),
  missingTheirs: z.int().nullable(),
  /** Some of them: upstream request ids (attempt ids where there is none). */
  missingSample: z.strictObject({ ours: z.array(z.string()), theirs: z.array(z.string()) }).nullable(),
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
});

export const reportSchema = reconciliationOutputSchema.safeExtend({ totals: z.strictObject(sides) });

export type Counts = z.infer<typeof countsSchema>;
export type DriftRow = z.infer<typeof driftRowSchema>;
export type Reconciliation = z.infer<typeof reconciliationOutputSchema>;
