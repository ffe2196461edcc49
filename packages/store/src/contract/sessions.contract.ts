import { describe, expect, it } from 'vitest';
import type { Store } from '../port.ts';
import { accountId, askAccounts, candidate, takenOf, flushAccounts, type Harness } from './harness.ts';

const X = accountId('x');
const IDLE_MS = 300_000;
const limited = (name: string, sessionsMax: number) =>
  candidate(name, 0, { sessionsMax, sessionIdleMs: IDLE_MS });
const take = (store: Store, session: string | null, max = 2) =>
  store.takeAccount(askAccounts([limited('x', max)], { session }));

export function describeSessions(harness: () => Harness): void {
  describe('sessions of accounts', () => {
    it('[LIM-7] at most N sessions live on an account; those that do may go on', async () => {
      const { nodes } = harness();
      expect(takenOf(await take(nodes[0], 'a')).registeredSession).toMatchObject({
        accountId: X,
        session: 'a',
      });
      expect(takenOf(await take(nodes[1], 'b')).registeredSession).not.toBeNull();
      expect(await take(nodes[2], 'c')).toMatchObject({
        taken: false,
        reason: 'none',
        exclusions: [{ accountId: X, reason: 'sessions-full', retryAfterMs: null }],
      });
      expect(takenOf(await take(nodes[2], 'a')).registeredSession).toBeNull();
      expect(await nodes[0].countSessions([accountId('y'), X])).toEqual([0, 2]);
      expect(await nodes[0].isSessionActive(X, 'a')).toBe(true);
      expect(await nodes[0].isSessionActive(X, 'c')).toBe(false);
      expect(await nodes[0].countSessions([])).toEqual([]);
    });

    it('[LIM-7] never more than N, however many come at once', async () => {
      const { nodes } = harness();
      const takes = Array.from({ length: 30 }, (_, index) =>
        take(nodes[index % 3] ?? nodes[0], `s${index}`, 4),
      );
      const results = await Promise.all(takes);
      expect(results.filter((result) => result.taken)).toHaveLength(4);
      expect(await nodes[0].countSessions([X])).toEqual([4]);
    });

    it('[LIM-7] a session ends when it has been idle, and its place is free', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      await take(node, 'a', 1);
      await advance(IDLE_MS - 10_000);
      node.refreshSession(X, 'a', IDLE_MS);
      await flushAccounts(node);
      await advance(IDLE_MS - 10_000);
      expect(await take(node, 'b', 1)).toMatchObject({ taken: false });
      await advance(10_000);
      expect(await take(node, 'b', 1)).toMatchObject({ taken: true });
      expect(await node.isSessionActive(X, 'a')).toBe(false);
      node.refreshSession(X, 'a', IDLE_MS);
      expect(await node.countSessions([X])).toEqual([1]);
    });

    it('[LIM-7] an undone registration frees the place, unless the session has come again since', async () => {
      const [node, other] = harness().nodes;
      const undo = async (session: string) => {
        const { registeredSession } = takenOf(await take(node, session, 1));
        if (!registeredSession) throw new Error('it was live');
        return () => node.releaseSession(registeredSession);
      };
      (await undo('a'))();
      const undoB = await undo('b');
      await take(other, 'b', 1);
      undoB();
      expect(await node.isSessionActive(X, 'b')).toBe(true);
      expect(await take(node, 'c', 1)).toMatchObject({ taken: false });
    });

    it('[LIM-7] an account that is full of sessions is passed over for the next', async () => {
      const [node] = harness().nodes;
      await take(node, 'a', 1);
      const candidates = [limited('x', 1), candidate('y', 0, { priority: 90 })];
      const taken = takenOf(await node.takeAccount(askAccounts(candidates, { session: 'b' })));
      expect(taken).toMatchObject({ accountId: accountId('y'), registeredSession: null });
      expect(taken.exclusions).toMatchObject([{ accountId: X, reason: 'sessions-full' }]);
    });

    it('[LIM-7] requests without a session and accounts without a limit are not counted', async () => {
      const [node] = harness().nodes;
      await take(node, null, 1);
      await take(node, 'a', 0);
      expect(await node.countSessions([X])).toEqual([0]);
      await take(node, 'a', 1);
      expect(takenOf(await take(node, null, 1)).registeredSession).toBeNull();
    });

    it('refuses garbage as a fault', async () => {
      const [node] = harness().nodes;
      const bad = (session: string, changes: object) =>
        node.takeAccount(askAccounts([{ ...limited('x', 1), ...changes }], { session }));
      await expect(bad('s'.repeat(10_240), {})).rejects.toThrow(RangeError);
      await expect(bad('', {})).rejects.toThrow(RangeError);
      await expect(bad('s', { sessionsMax: -1 })).rejects.toThrow(RangeError);
      await expect(bad('s', { sessionsMax: Number.NaN })).rejects.toThrow(RangeError);
      await expect(bad('s', { sessionIdleMs: 0 })).rejects.toThrow(RangeError);
      await expect(node.isSessionActive(X, '')).rejects.toThrow(RangeError);
      expect(() => node.refreshSession(X, 's', -1)).toThrow(RangeError);
    });
  });
}
