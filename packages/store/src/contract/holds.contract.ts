import { picoUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { LEASE_TTL_MS, type AdmitRequest } from '../port.ts';
import {
  ask,
  askBalance,
  askSlot,
  balance,
  holdOf,
  keyPurse,
  leasesOf,
  money,
  readBalance,
  readPurse,
} from './harness.ts';
import { seedBalance, subscriptionPurse, userHolder, userId, type Harness } from './harness.ts';
import { seedWindows } from './purses.contract.ts';

/** A request with a slot of user a's, whose lease its hold goes with. */
const askHold = (hold: bigint): AdmitRequest => ({ ...askSlot('a', 0), money: money(hold, [balance('a')]) });

export function describeHolds(harness: () => Harness): void {
  describe('holds', () => {
    it('[MON-4] many requests at once on several nodes never hold more than there is', async () => {
      const { nodes } = harness();
      await seedBalance(nodes[0], 'a', 100n);
      const asks = Array.from({ length: 60 }, (_, index) => nodes[index % 3]?.admit(askHold(7n)));
      const results = await Promise.all(asks);
      expect(results.filter((result) => result?.admitted)).toHaveLength(14);
      expect(await readPurse(nodes[1], balance('a'))).toEqual({ amount: 100n, held: 98n, startMs: null });
      expect(results.find((result) => !result?.admitted)).toMatchObject({ reason: 'money', isHeld: true });
    });

    it('[MON-4] is taken from all purses or none', async () => {
      const [node, other] = harness().nodes;
      const [key, day] = [keyPurse('a', 'k', '1d'), subscriptionPurse('a', 's', 'day')];
      await seedWindows(node, [
        [key, 2n, null],
        [day, 0n, null],
      ]);
      const both = (hold: bigint) =>
        ask({
          money: money(hold, [
            [day, 100n],
            [key, 10n],
          ]),
        });
      expect(await other.admit(both(9n))).toMatchObject({ reason: 'money', purse: key, isHeld: false });
      const hold = holdOf(await node.admit(both(5n)));
      expect(await other.admit(both(4n))).toMatchObject({ reason: 'money', purse: key, isHeld: true });
      expect((await node.readPurses([key, day])).map((state) => state?.held)).toEqual([5n, 5n]);
      other.settleHold(hold, picoUsd(1n));
      expect((await other.admit(both(7n))).admitted).toBe(true);
      expect((await node.readPurses([key, day])).map((state) => state?.amount)).toEqual([3n, 1n]);
    });

    it('[MON-4] the whole of a purse may be held, and not a part more', async () => {
      const [node] = harness().nodes;
      await seedBalance(node, 'a', 10n);
      expect(await node.admit(askHold(11n))).toMatchObject({ reason: 'money', isHeld: false });
      holdOf(await node.admit(askHold(10n)));
      expect(await node.admit(askHold(1n))).toMatchObject({ reason: 'money', isHeld: true });
      // It takes nothing, so it only asks whether something is there.
      expect((await node.admit(askBalance('a'))).admitted).toBe(true);
    });

    it('[MON-4] settlement puts the true cost in its place, also one that is higher', async () => {
      const [node, other] = harness().nodes;
      await seedBalance(node, 'a', 100n);
      for (const [cost, left] of [
        [3n, 97n],
        [0n, 97n],
        [40n, 57n],
      ] as const) {
        const hold = holdOf(await node.admit(askHold(10n)));
        other.settleHold(hold, picoUsd(cost));
        await other.countSlots(userHolder('a'));
        expect(await readPurse(node, balance('a'))).toEqual({ amount: left, held: 0n, startMs: null });
      }
    });

    it('[MON-5] a second settlement, on whichever node, changes nothing', async () => {
      const [node, other] = harness().nodes;
      await seedBalance(node, 'a', 100n);
      const hold = holdOf(await node.admit(askHold(10n)));
      holdOf(await node.admit(askHold(5n)));
      node.settleHold(hold, picoUsd(3n));
      node.settleHold(hold, picoUsd(3n));
      other.settleHold(hold, picoUsd(4n));
      await node.countSlots(userHolder('a'));
      await other.countSlots(userHolder('a'));
      expect(await readPurse(node, balance('a'))).toEqual({ amount: 97n, held: 5n, startMs: null });
    });

    it('[MON-4] in one turn with the release of its lease it is settled, whichever is said first', async () => {
      const [node] = harness().nodes;
      await seedBalance(node, 'a', 100n);
      for (const isSettledFirst of [true, false]) {
        const result = await node.admit({
          ...askHold(60n),
          money: { ...money(60n, [balance('a')]), note: 'n' },
        });
        if (isSettledFirst) node.settleHold(holdOf(result), picoUsd(0n));
        node.release(leasesOf(result));
        if (!isSettledFirst) node.settleHold(holdOf(result), picoUsd(0n));
        const next = await node.admit(askHold(60n));
        node.settleHold(holdOf(next), picoUsd(0n));
        node.release(leasesOf(next));
      }
      expect(await node.listLostHolds(9)).toEqual([]);
    });

    it('[MON-4] the holds of a node that was killed come back with its slots, not before', async () => {
      const { nodes, advance } = harness();
      await seedBalance(nodes[0], 'a', 100n);
      const hold = holdOf(await nodes[0].admit(askHold(60n)));
      await advance(LEASE_TTL_MS - 10_000);
      expect(await nodes[1].admit(askHold(60n))).toMatchObject({ isHeld: true });
      await advance(10_000);
      const next = holdOf(await nodes[1].admit(askHold(60n)));
      expect(await readPurse(nodes[1], balance('a'))).toMatchObject({ held: 60n });
      // It was not dead after all: its cost counts, once, and the other's hold is not given back for it.
      nodes[0].settleHold(hold, picoUsd(7n));
      await nodes[0].countSlots(userHolder('a'));
      expect(await readPurse(nodes[1], balance('a'))).toMatchObject({ amount: 93n, held: 60n });
      nodes[1].settleHold(next, picoUsd(1n));
      await nodes[1].countSlots(userHolder('a'));
      expect(await readPurse(nodes[1], balance('a'))).toMatchObject({ amount: 92n, held: 0n });
    });

    it('[MON-4] without a slot it has a lease of its own', async () => {
      const { nodes, advance } = harness();
      await seedBalance(nodes[0], 'a', 100n);
      holdOf(await nodes[0].admit(askBalance('a', 60n)));
      await advance(LEASE_TTL_MS - 10_000);
      expect(await nodes[1].admit(askBalance('a', 60n))).toMatchObject({ isHeld: true });
      await advance(10_000);
      expect((await nodes[1].admit(askBalance('a', 60n))).admitted).toBe(true);
      expect(await nodes[1].countSlots(userHolder('a'))).toBe(0);
    });

    it('[MON-4] stays when the figures are dropped, and counts in those that come', async () => {
      const [node, admin] = harness().nodes;
      await seedBalance(node, 'a', 100n);
      const hold = holdOf(await node.admit(askHold(60n)));
      await admin.publish([{ scope: 'balance', userId: userId('a') }]);
      await seedBalance(admin, 'a', 80n);
      expect(await readPurse(node, balance('a'))).toEqual({ amount: 80n, held: 60n, startMs: null });
      expect(await node.admit(askHold(30n))).toMatchObject({ isHeld: true });
      node.settleHold(hold, picoUsd(1n));
      await node.countSlots(userHolder('a'));
      expect(await readPurse(node, balance('a'))).toEqual({ amount: 79n, held: 0n, startMs: null });
    });

    it('[MON-4] that is settled while the figures are not known does not come back with them', async () => {
      const [node, admin] = harness().nodes;
      await seedBalance(node, 'a', 100n);
      const hold = holdOf(await node.admit(askHold(60n)));
      await admin.publish([{ scope: 'balance', userId: userId('a') }]);
      await admin.countSlots(userHolder('a'));
      node.settleHold(hold, picoUsd(1n));
      await node.countSlots(userHolder('a'));
      await seedBalance(node, 'a', 99n);
      expect(await readPurse(node, balance('a'))).toEqual({ amount: 99n, held: 0n, startMs: null });
    });

    it('[MON-1] of amounts beyond 2^53 is exact', async () => {
      const [node] = harness().nodes;
      const unit = 2n ** 54n + 1n;
      await seedBalance(node, 'a', 3n * unit);
      const holds = [];
      for (const count of [1, 2, 3]) holds.push(holdOf(await node.admit(askHold(unit))), count);
      expect(await node.admit(askHold(1n))).toMatchObject({ isHeld: true });
      node.settleHold(holds[0] as never, picoUsd(unit - 1n));
      await node.countSlots(userHolder('a'));
      holdOf(await node.admit(askHold(1n)));
      expect(await node.admit(askHold(1n))).toMatchObject({ isHeld: true });
      expect(await readBalance(node, 'a')).toBe(2n * unit + 1n);
    });

    it('[MON-4] of nothing is still settled', async () => {
      const [node] = harness().nodes;
      await seedBalance(node, 'a', 10n);
      const hold = holdOf(await node.admit({ ...askSlot('a', 0), money: money(0n, [balance('a')]) }));
      node.settleHold(hold, picoUsd(4n));
      node.settleHold(hold, picoUsd(4n));
      await node.countSlots(userHolder('a'));
      expect(await readBalance(node, 'a')).toBe(6n);
      expect(() => node.settleHold(hold, picoUsd(-1n))).toThrow(RangeError);
    });

    it('a request over another limit holds nothing', async () => {
      const [node] = harness().nodes;
      await seedBalance(node, 'a', 10n);
      leasesOf(await node.admit(askSlot('a', 1)));
      expect(await node.admit({ ...askHold(5n), slots: askSlot('a', 1).slots })).toMatchObject({
        reason: 'slots',
      });
      const window = { subject: { kind: 'user' as const, userId: userId('a') }, unit: 'requests' as const };
      const windows = [{ ...window, shape: 'fixed' as const, limit: 1, cost: 2 }];
      expect(await node.admit({ ...askHold(5n), windows })).toMatchObject({ reason: 'window' });
      expect(await readPurse(node, balance('a'))).toMatchObject({ held: 0n });
    });
  });
}
