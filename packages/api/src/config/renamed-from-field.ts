import type { z } from 'zod';
import { emailField, nameField } from '../fields/text-fields.ts';

const describeField = <Field extends z.ZodType>(field: Field) =>
  field.optional().describe('Its name until now: an object of that name is renamed, not made anew.');

export const renamedFromField = describeField(nameField);
/** Of users, whom their e-mail address names. */
export const renamedFromEmailField = describeField(emailField);
