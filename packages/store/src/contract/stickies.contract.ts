import { describe, expect, it } from 'vitest';
import type { Store } from '../port.ts';
import { accountId, askAccounts, candidate, takenOf, type Harness } from './harness.ts';

const HOUR_MS = 3_600_000;
const sticky = (name: string) => ({ name, ttlMs: HOUR_MS });

async function takeSticky(store: Store, name: string, accounts: string[], max = 0): Promise<string> {
  const candidates = accounts.map((account) => candidate(account, max));
  const taken = takenOf(await store.takeAccount(askAccounts(candidates, { sticky: sticky(name) })));
  return `${taken.accountId.replace('acc_', '')}${taken.isSticky ? ' again' : ''}`;
}

export function describeStickies(harness: () => Harness): void {
  describe('sticky sessions', () => {
    it('[SEL-4] a session goes where it was, on every node, whatever the order says', async () => {
      const { nodes } = harness();
      expect(await takeSticky(nodes[0], 's', ['x', 'y'])).toBe('x');
      expect(await takeSticky(nodes[1], 'other', ['x', 'y'])).toBe('y');
      for (const node of nodes) expect(await takeSticky(node, 's', ['x', 'y'])).toBe('x again');
      const late = candidate('x', 0, { priority: 99 });
      const result = await nodes[0].takeAccount(askAccounts([candidate('y'), late], { sticky: sticky('s') }));
      expect(result).toMatchObject({ accountId: accountId('x'), isSticky: true });
    });

    it('[SEL-2] [SEL-4] what a session takes counts as the latest use for those of the same moment', async () => {
      const [node] = harness().nodes;
      expect(await takeSticky(node, 's', ['x', 'y'])).toBe('x');
      expect(await takeSticky(node, 'other', ['x', 'y'])).toBe('y');
      const names = ['s', 'third'].map((name) => takeSticky(node, name, ['x', 'y']));
      expect(await Promise.all(names)).toEqual(['x again', 'y']);
      expect(await takeSticky(node, 'fourth', ['x', 'y'])).toBe('x');
    });

    it('[SEL-4] the time slides with each use, and ends', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      await takeSticky(node, 's', ['x', 'y']);
      for (let use = 0; use < 3; use += 1) {
        await advance(HOUR_MS - 60_000);
        expect(await takeSticky(node, 's', ['x', 'y'])).toBe('x again');
      }
      await advance(HOUR_MS);
      expect(await takeSticky(node, 's', ['x', 'y'])).toBe('y');
    });

    it('[SEL-4] an account that is kept out, full or not offered is left, and the session bound anew', async () => {
      const [node] = harness().nodes;
      await takeSticky(node, 'out', ['x', 'y']);
      node.reportAccount({
        accountId: accountId('x'),
        upstreamModel: null,
        kind: 'block',
        state: 'paused',
        untilMs: 60_000,
        reason: 'r',
      });
      expect(await takeSticky(node, 'out', ['x', 'y'])).toBe('y');
      await node.clearAccountState(accountId('x'));
      expect(await takeSticky(node, 'out', ['x', 'y'])).toBe('y again');
      expect(await takeSticky(node, 'out', ['x', 'z'])).toBe('z');
      expect(await takeSticky(node, 'full', ['f', 'g'], 1)).toBe('f');
      expect(await takeSticky(node, 'full', ['f', 'g'], 1)).toBe('g');
    });

    it('[SEL-4] a take that gives nothing leaves the binding', async () => {
      const [node] = harness().nodes;
      await takeSticky(node, 's', ['x'], 1);
      const full = await node.takeAccount(askAccounts([candidate('x')], { sticky: sticky('s') }));
      expect(full).toMatchObject({ taken: false, exclusions: [{ reason: 'full' }] });
      expect((await node.listStickyBindings({ cursor: null, limit: 9 })).bindings).toHaveLength(1);
    });

    it('[SEL-4] bindings are listed in pages, those that end first at the beginning', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      const names = ['a', 'b', 'c', 'd', 'e'];
      for (const name of names) await takeSticky(node, name, ['x']);
      await advance(60_000);
      await takeSticky(node, 'a', ['x']);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await nodes[1].listStickyBindings({ cursor, limit: 2 });
        expect(page.bindings.length).toBeLessThanOrEqual(2);
        for (const { name, endsInMs, accountId: id } of page.bindings) {
          seen.push(name);
          expect(id).toBe(accountId('x'));
          expect(endsInMs).toBeGreaterThan(HOUR_MS - 70_000);
          expect(endsInMs).toBeLessThanOrEqual(HOUR_MS);
        }
        cursor = page.cursor;
      } while (cursor !== null);
      expect(seen).toEqual(['b', 'c', 'd', 'e', 'a']);
    });

    it('[SEL-4] the admin clears one, those of an account, or all', async () => {
      const [node, other] = harness().nodes;
      const list = async () => {
        const { bindings } = await node.listStickyBindings({ cursor: null, limit: 100 });
        return bindings.map(({ name }) => name).toSorted();
      };
      for (const name of ['a', 'b']) await takeSticky(node, name, ['x']);
      for (const name of ['c', 'd', 'e']) await takeSticky(node, name, ['y']);
      expect(await other.clearSticky({ name: 'a' })).toBe(1);
      expect(await other.clearSticky({ name: 'a' })).toBe(0);
      expect(await list()).toEqual(['b', 'c', 'd', 'e']);
      expect(await other.clearSticky({ accountId: accountId('y') })).toBe(3);
      expect(await list()).toEqual(['b']);
      expect(await takeSticky(node, 'c', ['x', 'y'])).not.toMatch(/again/);
      expect(await other.clearSticky('all')).toBe(2);
      expect(await list()).toEqual([]);
    });

    it('[SEL-4] clears thousands', async () => {
      const [node] = harness().nodes;
      await Promise.all(Array.from({ length: 1_500 }, (_, index) => takeSticky(node, `s${index}`, ['x'])));
      expect(await node.clearSticky({ accountId: accountId('x') })).toBe(1_500);
    });

    it('refuses garbage as a fault', async () => {
      const [node] = harness().nodes;
      const take = (name: string, ttlMs: number) =>
        node.takeAccount(askAccounts([candidate('x')], { sticky: { name, ttlMs } }));
      await expect(take('', 1)).rejects.toThrow(RangeError);
      await expect(take('x'.repeat(201), 1)).rejects.toThrow(RangeError);
      await expect(take('x', 0)).rejects.toThrow(RangeError);
      await expect(node.listStickyBindings({ cursor: 'x', limit: 1 })).rejects.toThrow(RangeError);
      await expect(node.listStickyBindings({ cursor: null, limit: 0 })).rejects.toThrow(RangeError);
    });
  });
}
