import { picoUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { LOST_HOLDS_MAX, type Hold } from '../money-port.ts';
import { LEASE_TTL_MS, type Store } from '../port.ts';
import {
  ask,
  askSlot,
  balance,
  holdOf,
  keyPurse,
  leasesOf,
  money,
  readPurse,
  seedBalance,
} from './harness.ts';
import { userHolder, userId, type Harness } from './harness.ts';

async function takeHold(store: Store, name: string, note: string | null, amount = 5n): Promise<Hold> {
  return holdOf(
    await store.admit({ ...askSlot(name, 0), money: { ...money(amount, [balance(name)]), note } }),
  );
}

export function describeLostHolds(harness: () => Harness): void {
  describe('lost holds', () => {
    it('[MON-5] those of killed nodes are listed with their notes until they are forgotten', async () => {
      const { nodes, advance, clock } = harness();
      const [node, other] = nodes;
      for (const name of ['a', 'b']) await seedBalance(node, name, 100n);
      await takeHold(node, 'a', '{"attempt":"ä|\n1"}');
      await takeHold(other, 'b', '');
      await takeHold(other, 'b', null);
      expect(await other.listLostHolds(9)).toEqual([]);
      await advance(LEASE_TTL_MS);
      const lost = (await other.listLostHolds(9)).toSorted((one, two) =>
        one.userId.localeCompare(two.userId),
      );
      expect(lost).toMatchObject([
        { userId: userId('a'), amount: 5n, purses: [balance('a')], note: '{"attempt":"ä|\n1"}' },
        { userId: userId('b'), amount: 5n, purses: [balance('b')], note: '' },
      ]);
      expect(Math.abs((lost[0]?.foundAtMs ?? 0) - (await clock()))).toBeLessThan(60_000);
      expect(await readPurse(node, balance('b'))).toMatchObject({ amount: 100n, held: 0n });
      expect(await node.listLostHolds(9)).toHaveLength(2);
      await node.forgetLostHolds(lost.slice(0, 1).map(({ id }) => id));
      expect(await other.listLostHolds(9)).toMatchObject([{ userId: userId('b') }]);
      await node.forgetLostHolds([...lost.map(({ id }) => id), 'garbage', 'x@y@z']);
      expect(await other.listLostHolds(9)).toEqual([]);
    });

    it('[MON-5] notes of one turn stay with their own holds, whatever they hold', async () => {
      const { nodes, advance } = harness();
      await seedBalance(nodes[0], 'a', 1_000n);
      const notes = ['a\tb\r\nc', null, '"\\"', '\u0000\u{1F600}é', '', '[1,{"x":"y"}]'];
      await Promise.all(notes.map((note, index) => takeHold(nodes[0], 'a', note, BigInt(index + 1))));
      await advance(LEASE_TTL_MS);
      const lost = await nodes[1].listLostHolds(9);
      const found = new Map(lost.map(({ amount, note }) => [Number(amount), note]));
      expect(found.size).toBe(notes.length - 1);
      for (const [index, note] of notes.entries()) expect(found.get(index + 1) ?? null).toBe(note);
    });

    it('[MON-4] a hold of nothing with a note is found as well, and so is one that others swept', async () => {
      const { nodes, advance } = harness();
      await seedBalance(nodes[0], 'a', 100n);
      await takeHold(nodes[0], 'a', 'nothing', 0n);
      await takeHold(nodes[0], 'a', 'all', 100n);
      await advance(LEASE_TTL_MS);
      await takeHold(nodes[1], 'a', 'mine', 100n);
      const lost = await nodes[1].listLostHolds(9);
      expect(lost.map(({ note }) => note).toSorted()).toEqual(['all', 'nothing']);
    });

    it('[MON-5] one that is settled after all is lost no more, and its cost counts', async () => {
      const { nodes, advance } = harness();
      await seedBalance(nodes[0], 'a', 100n);
      const [hold, forgotten] = [await takeHold(nodes[0], 'a', 'n'), await takeHold(nodes[0], 'a', 'm')];
      await advance(LEASE_TTL_MS);
      expect(await nodes[1].listLostHolds(9)).toHaveLength(2);
      nodes[0].settleHold(hold, picoUsd(3n));
      await nodes[0].countSlots(userHolder('a'));
      const left = await nodes[1].listLostHolds(9);
      expect(left).toMatchObject([{ note: 'm' }]);
      await nodes[1].forgetLostHolds(left.map(({ id }) => id));
      nodes[0].settleHold(forgotten, picoUsd(4n));
      await nodes[0].countSlots(userHolder('a'));
      expect(await readPurse(nodes[1], balance('a'))).toMatchObject({ amount: 93n, held: 0n });
      expect(await nodes[1].listLostHolds(9)).toEqual([]);
    });

    it('[MON-4] one whose slot was given back without settlement is lost', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      await seedBalance(node, 'a', 100n);
      const result = await node.admit({
        ...askSlot('a', 0),
        money: { ...money(5n, [balance('a')]), note: 'n' },
      });
      node.release(leasesOf(result));
      await advance(LEASE_TTL_MS);
      expect(await node.listLostHolds(9)).toMatchObject([{ note: 'n' }]);
      expect(await readPurse(node, balance('a'))).toMatchObject({ held: 0n });
    });

    it('[MON-5] names all purses, also of a hold that had none, and lists no more than asked for', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      const key = keyPurse('a', 'k:1', '5h');
      const asked = { ...money(0n, [balance('a'), [key, 9n]]), note: 'two' };
      const unknown = await node.admit(ask({ money: asked }));
      if (unknown.admitted || unknown.reason !== 'purses-unknown') throw new Error('known');
      const seeds = [balance('a'), key].map((purse) => ({ purse, amount: picoUsd(1n), startMs: null }));
      await node.seedPurses(userId('a'), seeds, 300_000, unknown.seedToken);
      holdOf(await node.admit(ask({ userId: userId('a'), money: asked })));
      holdOf(await node.admit(ask({ userId: userId('a'), money: { ...money(0n, []), note: 'none' } })));
      await advance(LEASE_TTL_MS);
      const lost = await node.listLostHolds(9);
      const purses = new Map(lost.map((one) => [one.note, one.purses]));
      expect(purses).toEqual(
        new Map([
          ['two', [balance('a'), key]],
          ['none', []],
        ]),
      );
      expect(await node.listLostHolds(1)).toHaveLength(1);
    });

    it('[MON-6] are bounded: of one user the oldest go', async () => {
      const { nodes, advance } = harness();
      await seedBalance(nodes[0], 'a', 100_000n);
      const first = Array.from({ length: 5 }, () => takeHold(nodes[0], 'a', 'old', 1n));
      await Promise.all(first);
      await advance(LEASE_TTL_MS);
      expect(await nodes[1].listLostHolds(9)).toHaveLength(5);
      await Promise.all(Array.from({ length: LOST_HOLDS_MAX }, () => takeHold(nodes[0], 'a', 'new', 1n)));
      await advance(LEASE_TTL_MS);
      const lost = await nodes[1].listLostHolds(2 * LOST_HOLDS_MAX);
      expect(lost.map(({ note }) => note)).toEqual(Array.from({ length: LOST_HOLDS_MAX }, () => 'new'));
      expect(await readPurse(nodes[1], balance('a'))).toMatchObject({ held: 0n });
    });
  });
}
