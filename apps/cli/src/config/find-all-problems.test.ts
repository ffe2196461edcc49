import { expect, it } from 'vitest';
import { findAllProblems } from './find-all-problems.ts';

const MISSING = [{ path: 'keys[0].key', message: 'environment variable K is not set' }];
const refuse = (data: unknown) => () => Promise.reject(Object.assign(new Error('refused'), { data }));

it('[CTL-4] tells the missing secrets and all that the server finds, each once', async () => {
  const problems = [
    { path: 'keys[0].key', message: 'is a reference' },
    { path: 'groups[0].colour', message: 'unknown field' },
    { path: '', message: 'too much' },
  ];
  expect(await findAllProblems(MISSING, refuse({ httpStatus: 400, problems }))).toBe(
    'keys[0].key: environment variable K is not set\ngroups[0].colour: unknown field\ntoo much',
  );
});

it.each([
  ['nobody is there', refuse(undefined)],
  ['the token may not', refuse({ httpStatus: 403, problems: [] })],
  ['it has no words', refuse({ httpStatus: 400 })],
  ['the answer is empty', refuse(null)],
  ['the server is content', () => Promise.resolve({})],
])('[CTL-4] tells the missing secrets when %s', async (_what, rehearse) => {
  expect(await findAllProblems(MISSING, rehearse)).toBe('keys[0].key: environment variable K is not set');
});
