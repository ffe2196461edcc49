import { expect, it } from 'vitest';
import { selectEnd, selectLaterEnd } from './select-term.ts';

const NOW = new Date('2026-05-04T00:00:00Z');
const LAST = '9999-12-31T23:59:59.999Z';

it('[MON-9] days count from the start, or from the end of a term that runs', () => {
  expect(selectEnd({ days: 30 }, NOW).toISOString()).toBe('2026-06-03T00:00:00.000Z');
  const end = new Date('2026-05-10T00:00:00Z');
  expect(selectLaterEnd({ days: 1 }, end, NOW).toISOString()).toBe('2026-05-11T00:00:00.000Z');
  expect(selectLaterEnd({ days: 1 }, NOW, end).toISOString()).toBe('2026-05-11T00:00:00.000Z');
});

it.each([
  ['an end at the start', { expiresAt: NOW.toISOString() }, NOW, 'must be after'],
  ['more than a hundred years', { expiresAt: '2127-01-01T00:00:00Z' }, NOW, 'a hundred years'],
  ['an end that Postgres writes as no date', { days: 1 }, new Date(LAST), 'the year 9999'],
])('[CTL-1] refuses %s', (_what, term, from, words) => {
  expect(() => selectEnd(term, from)).toThrow(words);
});
