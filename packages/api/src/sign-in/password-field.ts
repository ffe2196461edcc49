import { z } from 'zod';

const CHARACTERS_MIN = 10;
const CHARACTERS_MAX = 256;

/** A password that somebody chooses. Length is what counts: no rules about kinds of characters. */
export const newPasswordField = z
  .string()
  .min(CHARACTERS_MIN, `at least ${CHARACTERS_MIN} characters`)
  .max(CHARACTERS_MAX, `at most ${CHARACTERS_MAX} characters`)
  .refine((text) => new Set(text).size > 3, 'too few different characters');

/** A password that somebody claims to have: any text, of a length that costs nothing to hash. */
export const passwordField = z.string().min(1, 'must not be empty').max(CHARACTERS_MAX);
