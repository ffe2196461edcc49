import { systemClock } from '@tollgate/core';
import { expect, it } from 'vitest';
import { NodeWatch } from './node-watch.ts';

function setUp() {
  let nowMs = 0;
  const silent: Record<string, number> = {};
  const listNodes = async () => ({
    number: 0,
    nodes: Object.entries(silent).map(([id, silentMs]) => ({ id, about: null, number: null, silentMs })),
  });
  const watch = new NodeWatch({ listNodes }, { ...systemClock, monotonicMs: () => nowMs });
  return { silent, watch, later: (ms: number) => (nowMs += ms) };
}

it('[OPS-5] a dead node counts for ten minutes, long after the store has forgotten it', async () => {
  const { silent, watch, later } = setUp();
  Object.assign(silent, { a: 0, b: 14_999 });
  expect(await watch.count()).toBe(0);
  silent['b'] = 15_000;
  expect(await watch.count()).toBe(1);
  delete silent['b'];
  later(599_999);
  expect(await watch.count()).toBe(1);
  later(1);
  expect(await watch.count()).toBe(0);
});

it('[OPS-5] one that comes back, and one that left in order, are not missed', async () => {
  const { silent, watch } = setUp();
  Object.assign(silent, { a: 20_000, b: 1_000 });
  expect(await watch.count()).toBe(1);
  silent['a'] = 0;
  delete silent['b'];
  expect(await watch.count()).toBe(0);
});
