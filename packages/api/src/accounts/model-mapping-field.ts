import { z } from 'zod';

const MODELS_MAX = 1000;

/** A model name; `*` only as the last character. */
const modelPattern = z
  .string()
  .min(1, 'must not be empty')
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}*]*\*?$/u, 'no control characters, * only at the end');

/** Requested name → upstream name; not empty = also the allow-list. */
export const modelMappingField = z
  .record(modelPattern, modelPattern)
  .refine((mapping) => Object.keys(mapping).length <= MODELS_MAX, `at most ${MODELS_MAX} models`);
