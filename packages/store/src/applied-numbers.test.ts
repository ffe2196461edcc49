import { expect, it } from 'vitest';
import { AppliedNumbers } from './applied-numbers.ts';

it('[AUTH-6] a number counts at once when nothing is to be waited for', () => {
  const heard: number[] = [];
  const numbers = new AppliedNumbers((number) => heard.push(number));
  numbers.note(1, null);
  numbers.note(2, null);
  expect(heard).toEqual([1, 2]);
});

it('[AUTH-6] a number waits for every earlier one, however soon it is done itself', async () => {
  const heard: number[] = [];
  const numbers = new AppliedNumbers((number) => heard.push(number));
  const [slow, fast] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  numbers.note(1, slow.promise);
  numbers.note(2, fast.promise);
  numbers.note(3, null);
  fast.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([]);
  slow.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([1, 2, 3]);
  numbers.note(4, null);
  expect(heard).toEqual([1, 2, 3, 4]);
});
