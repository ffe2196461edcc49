import { ALERT_DIMENSIONS, PLATFORMS, PROTOCOLS, STATUS_CLASSES, type AlertFilter } from '@tollgate/core';
import { z } from 'zod';
import { idField, nameField } from '../fields/text-fields.ts';

const VALUES_MAX = 100;

function buildValuesField<Value extends z.ZodType<string>>(value: Value) {
  return z.array(value).min(1, 'names nothing').max(VALUES_MAX).optional();
}

/** Dimension → values, each of them an alternative; `{}` = all. See AlertFilter of core. */
export const alertFilterField = z.strictObject({
  platform: buildValuesField(z.enum(PLATFORMS)),
  /** As clients ask for it. */
  model: buildValuesField(nameField),
  account: buildValuesField(idField),
  group: buildValuesField(idField),
  user: buildValuesField(idField),
  key: buildValuesField(idField),
  protocol: buildValuesField(z.enum(PROTOCOLS)),
  status_class: buildValuesField(z.enum(STATUS_CLASSES)),
});

/** As rows have it. */
export const shownAlertFilterField = z.partialRecord(z.enum(ALERT_DIMENSIONS), z.array(z.string()));

/** Each value once and in order, in the order of the dimensions: one filter has one form. */
export function normaliseAlertFilter(filter: z.infer<typeof alertFilterField>): AlertFilter {
  const entries = ALERT_DIMENSIONS.flatMap((dimension) => {
    const values = filter[dimension];
    return values === undefined ? [] : [[dimension, [...new Set<string>(values)].toSorted()] as const];
  });
  return Object.fromEntries(entries);
}
