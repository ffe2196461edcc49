import { describe, expect, it } from 'vitest';
import { LEASE_TTL_MS } from '../port.ts';
import { ask, askSlot, balance, keyHolder, money, leasesOf, userHolder, type Harness } from './harness.ts';

export function describeSlots(harness: () => Harness): void {
  describe('slots', () => {
    it('[LIM-4] never gives more than max, however many nodes ask at once', async () => {
      const { nodes } = harness();
      const asks = Array.from({ length: 30 }, (_, index) => nodes[index % 3]?.admit(askSlot('a', 4)));
      const results = await Promise.all(asks);
      expect(results.filter((result) => result?.admitted)).toHaveLength(4);
      expect(await nodes[0].countSlots(userHolder('a'))).toBe(4);
    });

    it('[LIM-4] names the holder that is full', async () => {
      const [node] = harness().nodes;
      await node.admit(askSlot('a', 1));
      expect(await node.admit(askSlot('a', 1))).toEqual({
        admitted: false,
        reason: 'slots',
        holder: userHolder('a'),
        max: 1,
      });
    });

    it('[LIM-4] takes user and key slots all or nothing', async () => {
      const [node, other] = harness().nodes;
      const both = ask({
        slots: [
          { holder: userHolder('a'), max: 5 },
          { holder: keyHolder('a', 'k'), max: 1 },
        ],
      });
      const leases = leasesOf(await node.admit(both));
      expect(leases.map((lease) => lease.holder)).toEqual(both.slots.map((slot) => slot.holder));
      expect(await other.admit(both)).toMatchObject({ admitted: false, holder: keyHolder('a', 'k') });
      expect(await node.countSlots(userHolder('a'))).toBe(1);
    });

    it('[LIM-4] a holder that is named twice in one request needs two slots', async () => {
      const [node] = harness().nodes;
      const slot = { holder: userHolder('a'), max: 1 };
      const result = await node.admit(ask({ slots: [slot, slot] }));
      expect(result).toMatchObject({ admitted: false, reason: 'slots' });
      expect(await node.countSlots(userHolder('a'))).toBe(0);
    });

    it('[LIM-4] max of 0 or less is unlimited, and still counted', async () => {
      const [node] = harness().nodes;
      for (const max of [0, -1, 0]) leasesOf(await node.admit(askSlot('a', max)));
      expect(await node.countSlots(userHolder('a'))).toBe(3);
      expect(await node.admit(askSlot('a', 3))).toMatchObject({ admitted: false });
    });

    it('[LIM-4] a released slot is free on every node', async () => {
      const [node, other] = harness().nodes;
      const leases = leasesOf(await node.admit(askSlot('a', 1)));
      node.release(leases);
      await node.countSlots(userHolder('a'));
      expect((await other.admit(askSlot('a', 1))).admitted).toBe(true);
    });

    it('[LIM-4] releasing twice, or what was never taken, frees nobody else', async () => {
      const [node, other] = harness().nodes;
      const leases = leasesOf(await node.admit(askSlot('a', 2)));
      leasesOf(await other.admit(askSlot('a', 2)));
      node.release(leases);
      node.release(leases);
      other.release(leases);
      other.release([]);
      await other.countSlots(userHolder('a'));
      expect(await node.countSlots(userHolder('a'))).toBe(1);
    });

    it('[LIM-4] the slots of a node that was killed come back after the lease time, not before', async () => {
      const { nodes, advance } = harness();
      leasesOf(await nodes[0].admit(askSlot('a', 1)));
      await advance(LEASE_TTL_MS - 10_000);
      expect((await nodes[1].admit(askSlot('a', 1))).admitted).toBe(false);
      await advance(10_000);
      expect(await nodes[1].countSlots(userHolder('a'))).toBe(0);
      expect((await nodes[1].admit(askSlot('a', 1))).admitted).toBe(true);
    });

    it('[LIM-4] users and keys of the same name do not share slots', async () => {
      const [node] = harness().nodes;
      leasesOf(await node.admit(askSlot('a', 1)));
      expect((await node.admit(askSlot('b', 1))).admitted).toBe(true);
      const asked = ask({ slots: [{ holder: keyHolder('a', 'a'), max: 1 }] });
      expect((await node.admit(asked)).admitted).toBe(true);
    });

    it('admits at once what asks for nothing', async () => {
      const [node] = harness().nodes;
      const result = await node.admit(ask({}));
      expect(result).toEqual({
        admitted: true,
        leases: [],
        hold: null,
        requests: null,
        tokens: null,
        reservations: [],
      });
    });

    it('refuses garbage as a fault, and goes on', async () => {
      const [node] = harness().nodes;
      await expect(node.admit(askSlot('a', Number.NaN))).rejects.toThrow(RangeError);
      await expect(node.admit(askSlot('a', 1.5))).rejects.toThrow(RangeError);
      const twoUsers = { ...askSlot('a', 1), money: money(0n, [balance('b')]) };
      await expect(node.admit(twoUsers)).rejects.toThrow(RangeError);
      expect((await node.admit(askSlot('a', 1))).admitted).toBe(true);
    });

    it('keeps odd names apart: braces, colons, spaces, other scripts', async () => {
      const [node] = harness().nodes;
      for (const name of ['a}b', '{a', 'a:b', 'a b', 'ñ语', '}', 'x'.repeat(2_000)]) {
        leasesOf(await node.admit(askSlot(name, 1)));
        expect(await node.countSlots(userHolder(name))).toBe(1);
      }
    });

    it('carries a large turn', async () => {
      const { nodes } = harness();
      const asks = Array.from({ length: 1_000 }, (_, index) => nodes[0].admit(askSlot(`u${index % 3}`, 100)));
      const results = await Promise.all(asks);
      expect(results.filter((result) => result.admitted)).toHaveLength(300);
    });
  });
}
