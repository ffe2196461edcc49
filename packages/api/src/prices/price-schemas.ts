import { PLATFORMS } from '@tollgate/core';
import { parseEffectiveFrom, type PriceEntry } from '@tollgate/pricing';
import { z } from 'zod';
import { noteField } from '../fields/text-fields.ts';

const TOKENS_MAX = 1_000_000_000;

const usdField = z
  .string('expected a decimal number in quotes, e.g. "2.50"')
  .regex(/^\d{1,12}(\.\d{1,12})?$/, 'expected a decimal in USD with at most 12 decimals, not negative');

/** As the vendor's API takes it. */
export const modelField = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'expected a model name without spaces');

/** A day, UTC, or an instant with a zone; given on as a day or an instant in UTC. */
export const effectiveFromField = z
  .string()
  .max(40)
  .transform((text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? text : toUtc(text)))
  .refine(isMoment, 'expected e.g. 2030-01-31 or 2030-01-31T00:00:00Z');

const tokenPriceShape = {
  input: usdField,
  output: usdField,
  cacheRead: usdField.optional(),
  cacheWrite5m: usdField.optional(),
  cacheWrite1h: usdField.optional(),
  reasoning: usdField.optional(),
  audioInput: usdField.optional(),
  audioOutput: usdField.optional(),
  imageInput: usdField.optional(),
  imageOutput: usdField.optional(),
};
const tokenPricesSchema = z.strictObject(tokenPriceShape);
const tokensField = z.int().min(1).max(TOKENS_MAX);

/** USD per million tokens, per search, per picture. */
export const priceFields = {
  model: modelField,
  platform: z.enum(PLATFORMS),
  /** Other exact names of the model. */
  aliases: z.array(modelField).max(50).optional(),
  prices: tokenPricesSchema,
  /** A longer prompt pays these for all its tokens. */
  longPrompts: z
    .array(z.strictObject({ overTokens: tokensField, prices: tokenPricesSchema }))
    .max(10)
    .optional(),
  webSearch: usdField.optional(),
  images: z
    .strictObject({ '1k': usdField.optional(), '2k': usdField.optional(), '4k': usdField.optional() })
    .optional(),
  contextTokens: tokensField.optional(),
  maxOutputTokens: tokensField.optional(),
  isRetired: z.boolean().optional(),
};

/** A price as it is stored; what is left out follows from the rest. */
export const priceOutputSchema = z.object({
  ...priceFields,
  model: z.string(),
  /** Absent = since ever. */
  effectiveFrom: z.string().optional(),
});

/** One figure that is another than before; null = none. */
export const differenceSchema = z.strictObject({
  field: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
});

export const changeFields = {
  /** True: say what would change, and change nothing. */
  dryRun: z.boolean().default(false),
  /** For those who read the list of versions. */
  note: noteField.optional(),
};

/** zod's optional fields may be undefined, those of an entry are there or not. */
export function buildEntry(fields: z.infer<z.ZodObject<typeof priceFields>>): PriceEntry {
  return JSON.parse(JSON.stringify(fields)) as PriceEntry;
}

function toUtc(text: string): string {
  const { success, data } = z.iso.datetime({ offset: true }).safeParse(text);
  return success ? new Date(data).toISOString() : text;
}

function isMoment(text: string): boolean {
  try {
    return Number.isFinite(parseEffectiveFrom(text));
  } catch {
    return false;
  }
}
