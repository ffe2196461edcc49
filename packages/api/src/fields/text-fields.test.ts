import { expect, it } from 'vitest';
import { instantField } from './text-fields.ts';

it.each(['1900-01-01T00:00:00Z', '2030-01-31T00:00:00+02:00', '9999-12-31T23:59:59.999999Z'])(
  'takes %s',
  (text) => {
    expect(instantField.parse(text)).toBe(text);
  },
);

it.each([
  ['a year that is read back as 2044', '0044-03-15T00:00:00Z'],
  ['the year 10000 by its offset', '9999-12-31T23:59:59-01:00'],
  ['the year 1899 by its offset', '1900-01-01T00:00:00+01:00'],
  ['no zone', '2030-01-31T00:00:00'],
  ['no such day', '2030-02-30T00:00:00Z'],
  ['no time', 'soon'],
])('[CTL-1] refuses %s', (_what, text) => {
  expect(instantField.safeParse(text).success).toBe(false);
});
