import type { NodeId } from '@tollgate/core';
import { expect, it } from 'vitest';
import { Keys } from './keys.ts';
import { NodeRegister } from './node-register.ts';

/** Redis, as far as it counts nodes: one answer after the other; null = it does not answer. */
function createRegister(answers: (number | null)[]): NodeRegister {
  const send = () => {
    const value = answers.shift() ?? null;
    return value === null ? null : Promise.resolve([{ value }]);
  };
  return new NodeRegister('nod_a' as NodeId, new Keys('t:'), { send, isUsable: true });
}

async function readCounts(answers: (number | null)[]): Promise<number[]> {
  const register = createRegister([...answers]);
  const counts = [];
  for (const _ of answers) {
    await register.register();
    counts.push(register.count);
  }
  return counts;
}

it('[LIM-11] a node that starts is alone until it hears more, and believes more at once', async () => {
  expect(createRegister([]).count).toBe(1);
  expect(await readCounts([1, 4])).toEqual([1, 4]);
});

it('[LIM-11] a Redis that comes back empty does not make one node of many', async () => {
  expect(await readCounts([4, null, 1, 2, 4, 4])).toEqual([4, 4, 4, 4, 4, 4]);
});

it('[LIM-11] nodes that are gone stop counting after three heartbeats', async () => {
  expect(await readCounts([4, 3, 3, 3])).toEqual([4, 4, 4, 3]);
});

it('keeps the number while Redis is away, and is never less than 1', async () => {
  expect(await readCounts([3, null, null, null, null])).toEqual([3, 3, 3, 3, 3]);
  expect(await readCounts([0, 0, 0])).toEqual([1, 1, 1]);
});
