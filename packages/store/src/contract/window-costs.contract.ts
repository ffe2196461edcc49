import { setTimeout as sleep } from 'node:timers/promises';
import { picoUsd, type UpstreamWindow } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import type { TakeAccountResult } from '../account-port.ts';
import type { Store } from '../port.ts';
import {
  accountId,
  askAccounts,
  candidate,
  takenOf,
  TEST_TIMINGS,
  flushAccounts,
  type Harness,
} from './harness.ts';

const X = accountId('x');
const HOUR_MS = 3_600_000;
/** Beyond 2^53, where a float would not see the difference of 1. */
const LIMIT = 2n ** 60n;
const RESERVE = 2n ** 55n;
const windowCost = { limit: LIMIT.toString(), reserve: RESERVE.toString() };
const limited = candidate('x', 0, { windowCost });

const take = (store: Store, name: string | null = null): Promise<TakeAccountResult> =>
  store.takeAccount(askAccounts([limited], { sticky: name === null ? null : { name, ttlMs: HOUR_MS } }));

/** Asks for the figure, and gives it as of a window that ends in an hour. */
async function seed({ clock, nodes }: Harness, spent: bigint): Promise<void> {
  const result = await take(nodes[0]);
  if (result.taken || result.reason !== 'window-cost-unknown') throw new Error('the figure is known');
  const nowMs = await clock();
  const window = { startMs: nowMs - 4 * HOUR_MS, endMs: nowMs + HOUR_MS };
  await nodes[0].seedWindowCost(X, window, picoUsd(spent), result.seedTokens[0] ?? '');
}

const upstream = (resetsAtMs: number | null, changes: Partial<UpstreamWindow> = {}): UpstreamWindow => ({
  name: '5h',
  utilization: 0.5,
  resetsAtMs,
  status: 'allowed',
  windowMinutes: 300,
  ...changes,
});

/** What is collected before it is sent has reached the store. */
async function settle(node: Store): Promise<void> {
  await sleep(TEST_TIMINGS.collectMs * 4);
  await flushAccounts(node);
}

export function describeWindowCosts(harness: () => Harness): void {
  describe('window cost', () => {
    it('[LIM-8] an unknown figure is asked for once, with a token each', async () => {
      const { nodes } = harness();
      const both = [limited, candidate('y', 0, { windowCost })];
      const result = await nodes[0].takeAccount(askAccounts(both));
      expect(result).toMatchObject({ reason: 'window-cost-unknown', accountIds: [X, accountId('y')] });
      const again = await nodes[1].takeAccount(askAccounts(both));
      expect(again).toEqual(result);
      expect(await nodes[0].readWindowCosts([X])).toEqual([null]);
      await seed(harness(), 5n);
      const [cost, other] = await nodes[2].readWindowCosts([X, accountId('y')]);
      expect(cost?.spent).toBe(5n);
      expect((cost?.endMs ?? 0) - (cost?.startMs ?? 0)).toBe(5 * HOUR_MS);
      expect(other).toBeNull();
      expect(await take(nodes[1])).toMatchObject({ taken: true });
    });

    it.each<[string, bigint, boolean, boolean]>([
      ['one pico-USD below the limit: open', LIMIT - 1n, true, true],
      ['at the limit: sticky only', LIMIT, false, true],
      ['at the end of the reserve: sticky only', LIMIT + RESERVE, false, true],
      ['one pico-USD above the reserve: closed', LIMIT + RESERVE + 1n, false, false],
    ])('[LIM-8] %s', async (_, spent, isOpen, isStickyOpen) => {
      const { nodes } = harness();
      const [node] = nodes;
      await seed(harness(), 0n);
      await take(node, 'bound');
      node.addWindowCost(X, picoUsd(spent));
      expect((await take(node)).taken).toBe(isOpen);
      expect((await take(node, 'bound')).taken).toBe(isStickyOpen);
      const refused = await take(node, isStickyOpen ? 'stranger' : 'bound');
      if (isOpen) return;
      expect(refused).toMatchObject({ taken: false, exclusions: [{ reason: 'window-cost' }] });
    });

    it('[LIM-8] settlements move the figure at once, on every node, and pass 2^53', async () => {
      const { nodes } = harness();
      await seed(harness(), LIMIT - 3n);
      for (const node of nodes) {
        expect(await take(nodes[0])).toMatchObject({ taken: true });
        node.addWindowCost(X, picoUsd(1n));
        await flushAccounts(node);
      }
      expect(await take(nodes[0])).toMatchObject({ taken: false });
      expect((await nodes[1].readWindowCosts([X]))[0]?.spent).toBe(LIMIT);
    });

    it('[LIM-8] a window that is over is not known: the next is asked for', async () => {
      const { nodes, advance } = harness();
      await seed(harness(), LIMIT * 2n);
      const closed = await take(nodes[0]);
      const restMs = 'exclusions' in closed ? (closed.exclusions[0]?.retryAfterMs ?? 0) : 0;
      expect(restMs).toBeGreaterThan(HOUR_MS - 10_000);
      expect(restMs).toBeLessThanOrEqual(HOUR_MS);
      await advance(HOUR_MS);
      nodes[0].addWindowCost(X, picoUsd(1n));
      expect(await take(nodes[1])).toMatchObject({ reason: 'window-cost-unknown' });
      expect(await nodes[1].readWindowCosts([X])).toEqual([null]);
    });

    it('[LIM-8] of two loaders the first wins; a spent token and a window that is over change nothing', async () => {
      const { nodes, clock } = harness();
      const [node] = nodes;
      const result = await take(node);
      const token = 'seedTokens' in result ? (result.seedTokens[0] ?? '') : '';
      const nowMs = await clock();
      const window = { startMs: nowMs, endMs: nowMs + HOUR_MS };
      await node.seedWindowCost(X, { startMs: nowMs - 2, endMs: nowMs - 1 }, picoUsd(1n), token);
      await node.seedWindowCost(X, window, picoUsd(2n), 'another');
      expect(await node.readWindowCosts([X])).toEqual([null]);
      await node.seedWindowCost(X, window, picoUsd(3n), token);
      await node.seedWindowCost(X, window, picoUsd(4n), token);
      expect(await node.readWindowCosts([X])).toMatchObject([{ spent: 3n }]);
    });

    it('[LIM-8] costs without a figure go nowhere; one beyond 64 bits drops it', async () => {
      const { nodes } = harness();
      const [node] = nodes;
      node.addWindowCost(X, picoUsd(7n));
      expect(await node.readWindowCosts([X])).toEqual([null]);
      await seed(harness(), 2n ** 70n);
      expect(await node.readWindowCosts([X])).toMatchObject([{ spent: 2n ** 63n - 1n }]);
      node.addWindowCost(X, picoUsd(1n));
      expect(await node.readWindowCosts([X])).toEqual([null]);
    });

    it('[ACC-5] [LIM-8] a 5-hour window of the upstream that ends elsewhere outdates the figure', async () => {
      const { nodes, clock } = harness();
      const [node] = nodes;
      await seed(harness(), LIMIT * 2n);
      const endMs = (await clock()) + HOUR_MS;
      const note = async (window: UpstreamWindow) => {
        node.noteUpstreamWindows(X, [window]);
        await settle(node);
      };
      await note(upstream(endMs + 500));
      await note(upstream(endMs + 9 * HOUR_MS, { name: '7d', windowMinutes: 10_080 }));
      expect(await node.readWindowCosts([X])).not.toEqual([null]);
      await note(upstream(endMs + 4 * HOUR_MS));
      expect(await take(node)).toMatchObject({ reason: 'window-cost-unknown' });
    });

    it('[ACC-5] the last word of each window is kept and shown until it is reset', async () => {
      const { nodes, clock } = harness();
      const [node, other] = nodes;
      const nowMs = await clock();
      const week = upstream(nowMs + 48 * HOUR_MS, { name: '7d', utilization: 0.25, windowMinutes: null });
      node.noteUpstreamWindows(X, [upstream(nowMs + HOUR_MS, { utilization: 0.1 }), week]);
      await settle(node);
      const later = upstream(nowMs + HOUR_MS, { status: null });
      node.noteUpstreamWindows(X, [later]);
      node.noteUpstreamWindows(X, []);
      await settle(node);
      expect(await other.listUpstreamWindows([accountId('y'), X])).toEqual([[], [later, week]]);
      expect(await other.listUpstreamWindows([])).toEqual([]);
    });

    it('refuses garbage as a fault', async () => {
      const [node] = harness().nodes;
      const bad = (limit: string, reserve: string) =>
        node.takeAccount(askAccounts([candidate('x', 0, { windowCost: { limit, reserve } })]));
      for (const text of ['-1', '1.5', '', 'NaN', '1e3', '9'.repeat(31)]) {
        await expect(bad(text, '0')).rejects.toThrow(RangeError);
        await expect(bad('0', text)).rejects.toThrow(RangeError);
      }
      await expect(node.seedWindowCost(X, { startMs: 5, endMs: 5 }, picoUsd(0n), 't')).rejects.toThrow(
        RangeError,
      );
      const window = { startMs: Number.NaN, endMs: 5 };
      await expect(node.seedWindowCost(X, window, picoUsd(0n), 't')).rejects.toThrow(RangeError);
      expect(() => node.noteUpstreamWindows(X, [upstream(Number.NaN)])).toThrow(RangeError);
      expect(() => node.noteUpstreamWindows(X, [upstream(1, { utilization: Infinity })])).toThrow(RangeError);
    });

    it('[LIM-8] the sticky account’s own figure is asked for first', async () => {
      const [node] = harness().nodes;
      await seed(harness(), 0n);
      expect(takenOf(await take(node, 's')).isSticky).toBe(false);
      const far = candidate('far', 0, { priority: 99, windowCost });
      const sticky = { name: 'f', ttlMs: HOUR_MS };
      await node.takeAccount(askAccounts([{ ...far, windowCost: null }], { sticky }));
      expect(await node.takeAccount(askAccounts([limited, far], { sticky }))).toMatchObject({
        reason: 'window-cost-unknown',
        accountIds: [accountId('far')],
      });
    });
  });
}
