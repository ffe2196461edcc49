import { z } from 'zod';
import { buildMinutesField } from '../fields/number-fields.ts';

const RULES_MAX = 50;
const WORDS_MAX = 20;
const WORD_CHARACTERS_MAX = 200;
/** A week: longer is a case for `schedulable: false`. */
const PAUSE_MINUTES_MAX = 10_080;

/** Of an upstream's refusal: an answer below 400 is none. */
const errorStatusField = z.int().min(400).max(599);

/** ACC-3: statuses that are the client's own errors, passed on; null = the usual rules. */
export const passedStatusesField = z
  .array(errorStatusField)
  .max(RULES_MAX)
  .refine((statuses) => new Set(statuses).size === statuses.length, 'names a status twice')
  .nullable();

const wordField = z
  .string()
  .min(1, 'must not be empty')
  .max(WORD_CHARACTERS_MAX)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'no control characters');

/** ACC-3: an answer of this status with one of these words in its body pauses the account. */
export const pauseRulesField = z
  .array(
    z.strictObject({
      status: errorStatusField,
      /** Letter case aside; empty = the status alone. */
      words: z.array(wordField).max(WORDS_MAX).default([]),
      minutes: buildMinutesField(PAUSE_MINUTES_MAX),
    }),
  )
  .max(RULES_MAX);
