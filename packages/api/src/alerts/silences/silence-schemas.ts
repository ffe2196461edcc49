import { z } from 'zod';
import { idField, instantField, noteField } from '../../fields/text-fields.ts';
import { alertFilterField, shownAlertFilterField } from '../alert-filter-field.ts';

export const silenceStateField = z.enum(['planned', 'active', 'over']);
export type SilenceState = z.infer<typeof silenceStateField>;

export const silenceCreateSchema = z.strictObject({
  /** Absent = every rule. */
  ruleId: idField.optional(),
  /** Rules that look at nothing else; absent = whatever they look at. */
  filter: alertFilterField.optional(),
  /** Absent = now. */
  startsAt: instantField.optional(),
  /** At most a year after its start. */
  endsAt: instantField,
  reason: noteField.default(''),
});

export const silenceOutputSchema = z.strictObject({
  id: z.string(),
  state: silenceStateField,
  /** null = every rule. */
  ruleId: z.string().nullable(),
  ruleName: z.string().nullable(),
  /** null = whatever the rule looks at. */
  filter: shownAlertFilterField.nullable(),
  startsAt: z.string(),
  /** No longer from this moment on. */
  endsAt: z.string(),
  reason: z.string(),
  /** Id of the person or token. */
  createdBy: z.string(),
  createdAt: z.string(),
});

export type SilenceCreate = z.infer<typeof silenceCreateSchema>;
export type Silence = z.infer<typeof silenceOutputSchema>;
