import { MAPPING_NAME_LENGTH_MAX } from '@tollgate/accounts';
import { z } from 'zod';

const FAMILIES_MAX = 50;

const modelField = z
  .string()
  .min(1, 'must not be empty')
  .max(MAPPING_NAME_LENGTH_MAX)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'no control characters');

/** A word of a model's name: between its hyphens. */
const familyField = z
  .string()
  .regex(/^[a-z0-9.]{1,64}$/u, 'one word of a name, in lower case, without a hyphen');

/** API-4, of platform openai. What is left out takes its default. */
export const messagesDispatchField = z.strictObject({
  allowed: z.boolean().default(true),
  defaultModel: modelField.nullable().default(null),
  families: z
    .record(familyField, modelField)
    .refine((families) => Object.keys(families).length <= FAMILIES_MAX, `at most ${FAMILIES_MAX} families`)
    .default({}),
});
