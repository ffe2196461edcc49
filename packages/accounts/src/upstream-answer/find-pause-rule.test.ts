import { describe, expect, it } from 'vitest';
import { findPauseRule } from './find-pause-rule.ts';

const WORDS = { status: 503, words: ['No Capacity', 'maintenance'], minutes: 30 };
const ALWAYS = { status: 418, words: [], minutes: 5 };

describe('[ACC-3] findPauseRule', () => {
  it.each([
    ['a word, letter case aside', 503, 'sorry: NO CAPACITY left', WORDS],
    ['another of the words', 503, 'Maintenance', WORDS],
    ['the status alone, where there are no words', 418, '', ALWAYS],
    ['not without a word', 503, 'sorry', null],
    ['not with another status', 500, 'no capacity', null],
  ])('%s', (_, status, body, rule) => expect(findPauseRule([WORDS, ALWAYS], status, body)).toBe(rule));

  it('the first of two that fit counts', () => {
    const later = { ...WORDS, minutes: 1 };
    expect(findPauseRule([WORDS, later], 503, 'maintenance')).toBe(WORDS);
    expect(findPauseRule([{ ...WORDS, words: ['other'] }, later], 503, 'maintenance')).toBe(later);
  });
});
