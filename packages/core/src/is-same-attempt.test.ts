import { describe, expect, it } from 'vitest';
import { isSameAttempt } from './is-same-attempt.ts';
import { buildFacts } from './testing/build-outcome.ts';
import type { AttemptFacts } from './usage.ts';

describe('isSameAttempt', () => {
  const facts = buildFacts();

  it('the same facts are the same attempt, whatever object holds them', () => {
    expect(isSameAttempt(facts, { ...facts })).toBe(true);
  });

  it.each(Object.keys(facts) as (keyof AttemptFacts)[])('[MON-5] another %s is another attempt', (name) => {
    expect(isSameAttempt(facts, { ...facts, [name]: 'another' })).toBe(false);
  });
});
