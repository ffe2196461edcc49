import { picoUsd, type LeaseId } from '@tollgate/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { balance, keyPurse, userId } from '../contract/harness.ts';
import type { Hold, PurseName, PurseState } from '../money-port.ts';
import { RunningHold } from '../running-hold.ts';
import { SeenPurses } from './seen-purses.ts';
import { FakeClock } from './testing/switchable-store.ts';

const USER = userId('a');
let count = 0;

function buildHold(purse: PurseName, amount: bigint): Hold {
  const id = `lse_${(count += 1)}` as LeaseId;
  return new RunningHold({ id, userId: USER, amount: picoUsd(amount), purses: [purse], keptBy: 'nothing' });
}

interface Step {
  node: number;
  /** Asks for a hold; a negative one settles the node's oldest at that part of it, in percent. */
  amount: bigint;
}

const stepArb = (nodes: number): fc.Arbitrary<Step> =>
  fc.record({ node: fc.nat(nodes - 1), amount: fc.bigInt({ min: -100n, max: 60n }).filter((n) => n !== 0n) });
const caseArb = fc.integer({ min: 1, max: 5 }).chain((nodes) =>
  fc.record({
    isLimit: fc.boolean(),
    spent: fc.bigInt({ min: 0n, max: 50n }),
    held: fc.array(fc.bigInt({ min: 0n, max: 20n }), { minLength: nodes, maxLength: nodes }),
    steps: fc.array(stepArb(nodes), { maxLength: 60 }),
  }),
);
const LIMIT = 200n;

it('[MON-4] [LIM-11] nodes that saw the same figures never spend more than what was left, together', async () => {
  await fc.assert(
    fc.asyncProperty(caseArb, async ({ isLimit, spent, held, steps }) => {
      const purse = isLimit ? keyPurse('a', 'k', '7d') : balance('a');
      const left = LIMIT - spent;
      const state: PurseState = {
        amount: picoUsd(isLimit ? spent : left),
        held: picoUsd(held.reduce((sum, each) => sum + each, 0n)),
        startMs: null,
      };
      fc.pre(state.held <= left);
      const nodes = held.map((amount) => openNode(purse, held.length, state, amount));
      const limit = isLimit ? picoUsd(LIMIT) : null;
      for (const { seen } of nodes)
        seen.want(USER, { hold: picoUsd(1n), purses: [{ purse, limit }], note: null });
      await Promise.all(nodes.map(({ isRead }) => isRead));
      let settled = 0n;
      for (const { node: index, amount } of steps) {
        const node = nodes[index]!;
        if (amount > 0n) {
          const request = { hold: picoUsd(amount), purses: [{ purse, limit }], note: null };
          if (node.seen.hasRoom(USER, request)) node.add(buildHold(purse, amount));
        } else settled += node.settleOldest(-amount);
        const running = nodes.reduce((sum, each) => sum + each.heldNow(), 0n);
        expect(settled + running <= left).toBe(true);
      }
      for (const { seen } of nodes) seen.close();
    }),
    { numRuns: 150 },
  );
});

it('[LIM-11] a node alone may spend all of it', async () => {
  const state = { amount: picoUsd(10n), held: picoUsd(3n), startMs: null };
  const { seen, isRead } = openNode(balance('a'), 1, state, 3n);
  const ask = (hold: bigint) => ({
    hold: picoUsd(hold),
    purses: [{ purse: balance('a'), limit: null }],
    note: null,
  });
  seen.want(USER, ask(1n));
  await isRead;
  expect([seen.hasRoom(USER, ask(7n)), seen.hasRoom(USER, ask(8n))]).toEqual([true, false]);
  seen.close();
});

/** A node that sees `state` in the store, of which its own requests hold `own`. */
function openNode(purse: PurseName, nodeCount: number, state: PurseState, own: bigint) {
  const { promise: isRead, resolve } = Promise.withResolvers<void>();
  const seen = new SeenPurses({
    clock: new FakeClock(),
    graceMs: 60_000,
    nodeCount: () => nodeCount,
    read: async (purses) => {
      setImmediate(resolve);
      return purses.map(() => state);
    },
  });
  const holds: Hold[] = [];
  const add = (hold: Hold): void => {
    holds.push(hold);
    seen.hold(hold);
  };
  if (own > 0n) add(buildHold(purse, own));
  return {
    seen,
    isRead,
    add,
    heldNow: () => holds.reduce((sum, { amount }) => sum + amount, 0n),
    settleOldest(percent: bigint): bigint {
      const hold = holds.shift();
      if (hold === undefined) return 0n;
      const cost = (hold.amount * percent) / 100n;
      seen.settle(hold, picoUsd(cost));
      return cost;
    },
  };
}
