import { picoUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import type { Store } from '../port.ts';
import { askBalance, askSeedToken, userId, type Harness } from './harness.ts';

const TTL_MS = 45_000;

async function seed(store: Store, name: string, balance: bigint): Promise<void> {
  await store.seedBalance(userId(name), picoUsd(balance), TTL_MS, await askSeedToken(store, name));
}

export function describeBalances(harness: () => Harness): void {
  describe('balances', () => {
    it('admits above 0, refuses at 0 and below', async () => {
      const [node, other] = harness().nodes;
      await seed(node, 'a', 1n);
      expect((await other.admit(askBalance('a'))).admitted).toBe(true);
      other.debitBalance(userId('a'), picoUsd(1n));
      expect(await other.admit(askBalance('a'))).toEqual({ admitted: false, reason: 'balance' });
      other.debitBalance(userId('a'), picoUsd(5n));
      expect(await other.readBalance(userId('a'))).toBe(0n - 5n);
      expect(await node.admit(askBalance('a'))).toEqual({ admitted: false, reason: 'balance' });
    });

    it('moves figures beyond 2^53 exactly', async () => {
      const [node] = harness().nodes;
      const balance = 2n ** 60n + 7n;
      await seed(node, 'a', balance);
      for (let count = 0; count < 5; count += 1) node.debitBalance(userId('a'), picoUsd(1n));
      await node.admit(askBalance('a'));
      expect(await node.readBalance(userId('a'))).toBe(balance - 5n);
    });

    it('a negative debit gives back', async () => {
      const [node] = harness().nodes;
      await seed(node, 'a', -3n);
      node.debitBalance(userId('a'), picoUsd(-4n));
      expect((await node.admit(askBalance('a'))).admitted).toBe(true);
      expect(await node.readBalance(userId('a'))).toBe(1n);
    });

    it('holds the nearest figure of 64 bits, and drops one that leaves them', async () => {
      const [node] = harness().nodes;
      await seed(node, 'rich', 10n ** 25n);
      expect(await node.readBalance(userId('rich'))).toBe(2n ** 63n - 1n);
      await seed(node, 'poor', -(10n ** 25n));
      node.debitBalance(userId('poor'), picoUsd(1n));
      node.debitBalance(userId('rich'), picoUsd(10n ** 25n));
      expect(await node.admit(askBalance('poor'))).toMatchObject({ reason: 'balance-unknown' });
      expect(await node.admit(askBalance('rich'))).toMatchObject({ reason: 'balance-unknown' });
    });

    it('a debit without a figure does nothing, and keeps the TTL of one that is there', async () => {
      const { nodes, advance } = harness();
      nodes[0].debitBalance(userId('a'), picoUsd(5n));
      await seed(nodes[0], 'a', 10n);
      await advance(30_000);
      nodes[0].debitBalance(userId('a'), picoUsd(1n));
      await nodes[0].admit(askBalance('a'));
      expect(await nodes[0].readBalance(userId('a'))).toBe(9n);
      await advance(20_000);
      expect(await nodes[0].readBalance(userId('a'))).toBeNull();
    });

    it('the first of two loaders wins, the second changes nothing', async () => {
      const [node, other] = harness().nodes;
      const token = await askSeedToken(node, 'a');
      expect(await askSeedToken(other, 'a')).toBe(token);
      await node.seedBalance(userId('a'), picoUsd(10n), TTL_MS, token);
      node.debitBalance(userId('a'), picoUsd(4n));
      await node.admit(askBalance('a'));
      await other.seedBalance(userId('a'), picoUsd(10n), TTL_MS, token);
      expect(await other.readBalance(userId('a'))).toBe(6n);
    });

    it('a seed spends its token: a slow loader does not bring back a balance that was debited since', async () => {
      const { nodes, advance } = harness();
      const token = await askSeedToken(nodes[0], 'a');
      await nodes[0].seedBalance(userId('a'), picoUsd(10n), 10_000, token);
      nodes[0].debitBalance(userId('a'), picoUsd(10n));
      await advance(20_000);
      await nodes[1].seedBalance(userId('a'), picoUsd(10n), TTL_MS, token);
      expect(await nodes[1].readBalance(userId('a'))).toBeNull();
    });

    it('a balance loaded before a top-up never wins after it', async () => {
      const [node, admin] = harness().nodes;
      const token = await askSeedToken(node, 'a');
      await admin.publish([{ scope: 'balance', userId: userId('a') }]);
      await node.seedBalance(userId('a'), picoUsd(0n), TTL_MS, token);
      expect(await node.readBalance(userId('a'))).toBeNull();
      await seed(node, 'a', 100n);
      expect((await node.admit(askBalance('a'))).admitted).toBe(true);
    });

    it('a top-up drops the figure', async () => {
      const [node, admin] = harness().nodes;
      await seed(node, 'a', 0n);
      await seed(node, 'b', 1n);
      await admin.publish([{ scope: 'balance', userId: userId('a') }]);
      expect(await node.admit(askBalance('a'))).toMatchObject({ reason: 'balance-unknown' });
      expect((await node.admit(askBalance('b'))).admitted).toBe(true);
    });

    it('a loader that comes after its token has died changes nothing', async () => {
      const { nodes, advance } = harness();
      const token = await askSeedToken(nodes[0], 'a');
      await advance(61_000);
      await nodes[0].seedBalance(userId('a'), picoUsd(10n), TTL_MS, token);
      expect(await nodes[0].readBalance(userId('a'))).toBeNull();
      await nodes[0].seedBalance(userId('a'), picoUsd(10n), TTL_MS, 'garbage');
      expect(await nodes[0].readBalance(userId('a'))).toBeNull();
    });

    it('refuses a TTL of nothing as a fault', async () => {
      const [node] = harness().nodes;
      await expect(node.seedBalance(userId('a'), picoUsd(1n), 0, 't')).rejects.toThrow(RangeError);
      await expect(node.putSnapshot('a', 'b', Number.NaN, '1')).rejects.toThrow(RangeError);
    });
  });
}
