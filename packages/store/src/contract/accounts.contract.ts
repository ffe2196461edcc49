import { describe, expect, it } from 'vitest';
import type { AccountCandidate } from '../account-port.ts';
import { LEASE_TTL_MS, type Store } from '../port.ts';
import { accountHolder, askAccounts, candidate, type Harness } from './harness.ts';

async function takeName(store: Store, candidates: AccountCandidate[]): Promise<string | null> {
  const result = await store.takeAccount(askAccounts(candidates));
  return result.taken ? result.accountId.replace('acc_', '') : null;
}

export function describeAccounts(harness: () => Harness): void {
  describe('accounts', () => {
    it('[SEL-2] two nodes never take the last slot both', async () => {
      const { nodes } = harness();
      const candidates = [candidate('x', 2), candidate('y', 3)];
      const takes = Array.from({ length: 30 }, (_, index) =>
        nodes[index % 3]?.takeAccount(askAccounts(candidates)),
      );
      const results = await Promise.all(takes);
      expect(results.filter((result) => result?.taken)).toHaveLength(5);
      expect(await nodes[0].countSlots(accountHolder('x'))).toBe(2);
      expect(await nodes[0].countSlots(accountHolder('y'))).toBe(3);
    });

    it('[SEL-2] lower priority numbers go first while they have slots', async () => {
      const [node, other] = harness().nodes;
      const candidates = [
        candidate('late', 5, { priority: 10 }),
        candidate('first', 1, { priority: 0 }),
        candidate('negative', 1, { priority: -7 }),
      ];
      const names = [];
      for (const store of [node, other, node]) names.push(await takeName(store, candidates));
      expect(names).toEqual(['negative', 'first', 'late']);
    });

    it('[SEL-2] equal priorities take turns, the least recently taken first, over all nodes', async () => {
      const { nodes } = harness();
      const candidates = [candidate('x', 0), candidate('y', 0), candidate('z', 0)];
      const names = [];
      for (let count = 0; count < 7; count += 1) {
        names.push(await takeName(count % 2 === 0 ? nodes[0] : nodes[1], candidates));
      }
      expect(names.join('')).toBe('xyzxyzx');
      expect(await takeName(nodes[0], candidates.toReversed())).toBe('y');
    });

    it('[SEL-2] gives nothing when all are full or none is named', async () => {
      const [node] = harness().nodes;
      expect(await takeName(node, [])).toBeNull();
      expect(await takeName(node, [candidate('x')])).toBe('x');
      expect(await takeName(node, [candidate('x')])).toBeNull();
    });

    it('[SEL-2] a released or dead lease frees its account', async () => {
      const { nodes, advance } = harness();
      const taken = await nodes[0].takeAccount(askAccounts([candidate('x')]));
      if (!taken.taken) throw new Error('not taken');
      expect(taken.lease.holder).toEqual(accountHolder('x'));
      nodes[0].release([taken.lease]);
      expect(await takeName(nodes[0], [candidate('x')])).toBe('x');
      await advance(LEASE_TTL_MS);
      expect(await takeName(nodes[1], [candidate('x')])).toBe('x');
    });

    it('[SEL-2] chooses among thousands', async () => {
      const [node] = harness().nodes;
      const many = Array.from({ length: 2_500 }, (_, index) => candidate(`n${index}`, 1));
      for (const expected of ['n0', 'n1', 'n2']) expect(await takeName(node, many)).toBe(expected);
    });
  });
}
