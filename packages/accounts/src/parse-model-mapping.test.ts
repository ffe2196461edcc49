import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapModel } from './map-model.ts';
import { parseModelMapping } from './parse-model-mapping.ts';

describe('[ACC-1] parseModelMapping', () => {
  it('takes exact names and patterns', () => {
    const mapping = { 'claude-*': 'vendor/claude-*', '*': 'x', 'gpt-5': 'gpt-5 mini' };
    expect(parseModelMapping(mapping)).toEqual({ ok: true, mapping });
    expect(parseModelMapping({})).toEqual({ ok: true, mapping: {} });
  });

  it('keeps a name __proto__ as a name', () => {
    const parsed = parseModelMapping(JSON.parse('{"__proto__":"x"}'));
    expect(parsed.ok && mapModel(parsed.mapping, '__proto__')).toBe('x');
    expect(parsed.ok && mapModel(parsed.mapping, 'other')).toBeNull();
  });

  it.each([[null], [[]], ['a'], [7], [undefined]])('%j is no mapping', (input) => {
    expect(parseModelMapping(input)).toMatchObject({ ok: false, problems: [{ name: null }] });
  });

  it.each([
    ['', 'x', 'empty'],
    ['a', '', 'empty'],
    ['a*b', 'x', 'last character'],
    ['**', 'x', 'last character'],
    ['a', '*b', 'last character'],
    ['a', 'b*', 'only if the requested name does'],
    ['a\n', 'x', 'control'],
    ['a', 'x\u0000', 'control'],
    ['a', '\ud800', 'control'],
    [' a', 'x', 'space'],
    ['a', 'x ', 'space'],
    ['a'.repeat(257), 'x', 'at most 256'],
    ['a', 7, 'must be a string'],
    ['a', null, 'must be a string'],
  ])('%j → %j is refused: %s', (name, target, words) => {
    const parsed = parseModelMapping({ [name]: target, fine: 'fine' });
    expect(parsed).toMatchObject({
      ok: false,
      problems: [{ name, message: expect.stringContaining(words) as string }],
    });
  });

  it('names all problems at once, and bounds the size', () => {
    expect(parseModelMapping({ '': 'x', b: '' })).toHaveProperty('problems.length', 2);
    const large = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`m${index}`, 'x']));
    expect(parseModelMapping(large)).toMatchObject({ ok: false, problems: [{ name: null }] });
  });

  it('never throws, and what it takes comes back unchanged', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        const parsed = parseModelMapping(input);
        expect(parsed.ok ? { ...(input as object) } : null).toEqual(parsed.ok ? parsed.mapping : null);
      }),
    );
  });
});
