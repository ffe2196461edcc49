import { expect, it } from 'vitest';
import { z } from 'zod';
import { formatProblems, mapIssues } from './problem.ts';

function describeProblems(schema: z.ZodType, input: unknown): string[] {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : formatProblems(mapIssues(parsed.error.issues)).split('\n');
}

it('names unknown fields, missing ones and wrong types by their path', () => {
  const schema = z.strictObject({ list: z.array(z.strictObject({ name: z.string(), size: z.int() })) });
  expect(describeProblems(schema, { list: [{ nmae: 'x', size: '1' }], other: 1 })).toEqual([
    'list[0].name: required (string)',
    'list[0].size: expected number, received string',
    'list[0].nmae: unknown field',
    'other: unknown field',
  ]);
});

it('speaks of the form that was meant where there are several', () => {
  const schema = z.union([
    z.strictObject({ id: z.string().regex(/^u/, 'not an id') }),
    z.strictObject({ email: z.email('not an e-mail address') }),
  ]);
  expect(describeProblems(schema, { email: 'x' })).toEqual(['email: not an e-mail address']);
  expect(describeProblems(schema, { id: 'x' })).toEqual(['id: not an id']);
});

it('speaks of a union whose deciding field fits no form, or is missing', () => {
  const schema = z.strictObject({
    worth: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('a') }),
      z.strictObject({ kind: z.literal('b') }),
    ]),
  });
  for (const worth of [{ kind: null }, {}, { kind: 'c' }]) {
    expect(describeProblems(schema, { worth })).toEqual([
      'worth.kind: is none of the forms that are allowed',
    ]);
  }
});

it('never repeats a value', () => {
  const schema = z.strictObject({ key: z.string().max(3), kind: z.enum(['a', 'b']) });
  expect(describeProblems(schema, { key: 'secret', kind: 'secret' }).join()).not.toContain('secret');
});
