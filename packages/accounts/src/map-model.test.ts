import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapModel } from './map-model.ts';

const MAPPING = {
  'claude-sonnet-4': 'exact',
  'claude-*': 'vendor/claude-*',
  'claude-sonnet-*': 'one-for-all',
  'gpt-5': 'gpt-5-mini',
};

describe('[ACC-1] mapModel', () => {
  it.each([
    ['claude-sonnet-4', 'exact'],
    ['claude-sonnet-4-5', 'one-for-all'],
    ['claude-sonnet-', 'one-for-all'],
    ['claude-opus-4', 'vendor/claude-opus-4'],
    ['claude-', 'vendor/claude-'],
    ['gpt-5', 'gpt-5-mini'],
    ['gpt-5-pro', null],
    ['claude', null],
    ['Claude-opus', null],
    ['constructor', null],
    ['__proto__', null],
    ['', null],
  ])('%j → %j', (requested, expected) => expect(mapModel(MAPPING, requested)).toBe(expected));

  it('an empty mapping allows every name as it is', () => {
    expect(mapModel({}, 'anything')).toBe('anything');
    expect(mapModel({}, 'toString')).toBe('toString');
  });

  it('a lone * fits everything and yields to every other pattern', () => {
    expect(mapModel({ '*': '*', 'a*': 'x' }, 'b')).toBe('b');
    expect(mapModel({ '*': 'fallback', 'a*': 'x' }, 'ab')).toBe('x');
  });

  it('a client cannot ask for a pattern by its text', () => {
    expect(mapModel({ 'a-*': 'b-*' }, 'a-*')).toBe('b-*');
    expect(mapModel({ 'a-*': 'b' }, 'a-*')).toBe('b');
  });

  it('the order of the entries does not matter', () => {
    const name = fc.constantFrom('a', 'ab', 'abc', 'a*', 'ab*', '*', 'b*');
    const entries = fc.uniqueArray(fc.tuple(name, fc.constantFrom('x', 'y*', 'z')), {
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(entries, fc.constantFrom('a', 'ab', 'abc', 'abcd', 'b', 'c'), (list, requested) => {
        const backwards = Object.fromEntries(list.toReversed());
        expect(mapModel(Object.fromEntries(list), requested)).toBe(mapModel(backwards, requested));
      }),
    );
  });
});
