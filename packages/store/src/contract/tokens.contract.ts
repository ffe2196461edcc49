import { describe, expect, it } from 'vitest';
import type { AdmitRequest, AdmitResult, Counted, WindowLimit } from '../port.ts';
import {
  ask,
  askSlot,
  keyId,
  leasesOf,
  queueUp,
  requests,
  TEST_TIMINGS,
  userHolder,
  userId,
} from './harness.ts';
import type { Harness } from './harness.ts';

const SECOND_MS = TEST_TIMINGS.windowMs / 60;

const window = (changes: Partial<WindowLimit> = {}): WindowLimit => ({
  subject: { kind: 'user', userId: userId('a') },
  unit: 'tokens',
  shape: 'fixed',
  limit: 100,
  cost: 30,
  ...changes,
});
const tokens = (...windows: Partial<WindowLimit>[]): AdmitRequest => ask({ windows: windows.map(window) });

const ask60 = (limit: number) => tokens({ shape: 'sliding', limit, cost: 1 });
const both = (cost: number) => tokens({ limit: 50, cost }, { shape: 'sliding', limit: 60, cost });

function countedOf(result: AdmitResult): Counted {
  if (!result.admitted) throw new Error(`refused: ${result.reason}`);
  return result;
}

function refusedBy(result: AdmitResult) {
  if (result.admitted || result.reason !== 'window') throw new Error('not refused by a window');
  return result;
}

export function describeTokens(harness: () => Harness): void {
  describe.each(['fixed', 'sliding'] as const)('%s windows of tokens', (shape) => {
    const read = async () => {
      const [use] = await harness().nodes[0].readWindows([window({ shape })]);
      return use?.used;
    };

    it('[LIM-2] reserves the estimate, over all nodes, and never more than the limit', async () => {
      const { nodes } = harness();
      const asks = Array.from({ length: 9 }, (_, index) => nodes[index % 3]?.admit(tokens({ shape })));
      const results = await Promise.all(asks);
      expect(results.filter((result) => result?.admitted)).toHaveLength(3);
      expect(await read()).toBe(90);
      expect(await nodes[0].admit(tokens({ shape, cost: 10 }))).toMatchObject({
        tokens: { limit: 100, remaining: 0 },
        requests: null,
      });
    });

    it('[LIM-2] a request of more than the limit can never pass', async () => {
      const [node] = harness().nodes;
      const refused = refusedBy(await node.admit(tokens({ shape, cost: 101 })));
      expect(refused).toMatchObject({ unit: 'tokens', limit: 100, retryAfterMs: null });
      expect(await read()).toBe(0);
    });

    it('[LIM-2] requests and tokens are checked together; a refused one uses up neither', async () => {
      const [node] = harness().nodes;
      const rpm = requests({ kind: 'user', userId: userId('a') }, 5);
      const windows = [rpm, window({ shape, limit: 50 })];
      expect(countedOf(await node.admit(ask({ windows })))).toMatchObject({
        requests: { limit: 5, remaining: 4 },
        tokens: { limit: 50, remaining: 20 },
      });
      expect(await node.admit(ask({ windows }))).toMatchObject({ reason: 'window', unit: 'tokens' });
      expect(countedOf(await node.admit(ask({ windows: [rpm] }))).requests).toMatchObject({ remaining: 3 });
      expect(await read()).toBe(30);
    });

    it('[LIM-2] settlement puts the true figure in place of the estimate', async () => {
      const [node, other] = harness().nodes;
      const { reservations } = countedOf(await node.admit(tokens({ shape })));
      other.correctReservation(reservations, 90);
      await other.countSlots(userHolder('a'));
      expect(await read()).toBe(90);
      const next = countedOf(await node.admit(tokens({ shape, cost: 10 })));
      node.correctReservation(next.reservations, 0);
      await node.countSlots(userHolder('a'));
      expect(await read()).toBe(90);
      const last = countedOf(await node.admit(tokens({ shape, cost: 0 })));
      node.correctReservation(last.reservations, 25);
      await node.countSlots(userHolder('a'));
      expect(await read()).toBe(115);
      expect(await node.admit(tokens({ shape, cost: 0 }))).toMatchObject({ reason: 'window' });
    });

    it('[LIM-2] a correction that comes twice never makes less than nothing', async () => {
      const [node] = harness().nodes;
      const { reservations } = countedOf(await node.admit(tokens({ shape })));
      for (let count = 0; count < 3; count += 1) node.correctReservation(reservations, 0);
      await node.countSlots(userHolder('a'));
      expect(await read()).toBe(0);
    });

    it('[LIM-2] a settlement of another window changes nothing', async () => {
      const { nodes, advance } = harness();
      const { reservations } = countedOf(await nodes[0].admit(tokens({ shape })));
      const [old] = reservations;
      if (!old) throw new Error('nothing was reserved');
      countedOf(await nodes[0].admit(tokens({ shape, cost: 40 })));
      nodes[0].correctReservation([{ ...old, stamp: old.stamp - 70 }], 0);
      await nodes[0].countSlots(userHolder('a'));
      expect(await read()).toBe(70);
      if (shape === 'fixed') return; // its clock does not move in the tests on Redis
      await advance(2 * TEST_TIMINGS.windowMs);
      nodes[0].correctReservation(reservations, 99);
      await nodes[0].countSlots(userHolder('a'));
      expect(await read()).toBe(0);
    });

    it('[LIM-5] a ticket that leaves gives back what it counted, exactly and once', async () => {
      const [node, other] = harness().nodes;
      leasesOf(await node.admit(askSlot('a', 1)));
      const queue = { max: 9, timeoutMs: 60_000 };
      const rpm = requests({ kind: 'user', userId: userId('a') }, 50);
      const request = { ...askSlot('a', 1, queue), windows: [window({ shape }), { ...rpm, shape }] };
      const stays = await queueUp(node, request);
      const leaves = await queueUp(other, request);
      expect(await read()).toBe(60);
      leaves.cancel();
      leaves.cancel();
      await other.countSlots(userHolder('a'));
      expect(await read()).toBe(30);
      const times = await queueUp(node, { ...request, queue: { max: 9, timeoutMs: 20 } });
      expect((await times.outcome).kind).toBe('timeout');
      await node.countSlots(userHolder('a'));
      expect(await read()).toBe(30);
      expect(await node.readWindows([{ ...rpm, shape }])).toMatchObject([{ used: 1 }]);
      stays.cancel();
    });

    it('[LIM-3] reads every window without counting', async () => {
      const [node, other] = harness().nodes;
      const key = { kind: 'key' as const, userId: userId('a'), keyId: keyId('k') };
      countedOf(await node.admit(tokens({ shape }, { shape, subject: key, cost: 7 })));
      for (let count = 0; count < 2; count += 1) {
        const uses = await other.readWindows([window({ shape }), window({ shape, subject: key })]);
        expect(uses.map(({ used }) => used)).toEqual([30, 7]);
        for (const { resetMs } of uses) expect(resetMs).toBeGreaterThan(0);
      }
      expect(await other.readWindows([])).toEqual([]);
    });

    it.each([
      ['a cost below 0', { cost: -1 }],
      ['a cost of NaN', { cost: Number.NaN }],
      ['a limit of half a token', { limit: 0.5 }],
      ['a limit beyond all numbers', { limit: Infinity }],
    ])('refuses %s as a fault', async (_what, changes) => {
      const [node] = harness().nodes;
      await expect(node.admit(tokens({ shape, ...changes }))).rejects.toThrow(RangeError);
    });

    it('carries huge limits and costs exactly', async () => {
      const [node] = harness().nodes;
      const huge = { shape, limit: Number.MAX_SAFE_INTEGER, cost: 2 ** 51 + 1 };
      countedOf(await node.admit(tokens(huge)));
      countedOf(await node.admit(tokens(huge)));
      expect(await read()).toBe(2 ** 52 + 2);
    });
  });

  describe('sliding windows', () => {
    it('[LIM-1] count what came in the last sixty seconds, not in the minute', async () => {
      const { nodes, advance } = harness();
      countedOf(await nodes[0].admit(ask60(3)));
      await advance(40 * SECOND_MS);
      countedOf(await nodes[1].admit(ask60(3)));
      countedOf(await nodes[0].admit(ask60(3)));
      await advance(20 * SECOND_MS);
      expect((await nodes[2].admit(ask60(3))).admitted).toBe(false);
      await advance(SECOND_MS);
      countedOf(await nodes[2].admit(ask60(3)));
      expect((await nodes[2].admit(ask60(3))).admitted).toBe(false);
    });

    it('[LIM-1] retryAfterMs is honest: after it the request passes, a second earlier it does not', async () => {
      const { nodes, advance } = harness();
      for (let count = 0; count < 3; count += 1) {
        countedOf(await nodes[0].admit(tokens({ shape: 'sliding', cost: 30 })));
        await advance(10 * SECOND_MS);
      }
      const refused = refusedBy(await nodes[0].admit(tokens({ shape: 'sliding', cost: 50 })));
      const waitSeconds = Math.ceil((refused.retryAfterMs ?? 0) / SECOND_MS);
      expect(waitSeconds).toBe(41);
      await advance((waitSeconds - 1) * SECOND_MS);
      expect((await nodes[0].admit(tokens({ shape: 'sliding', cost: 50 }))).admitted).toBe(false);
      await advance(SECOND_MS);
      countedOf(await nodes[0].admit(tokens({ shape: 'sliding', cost: 50 })));
    });

    it('[LIM-1] of several that refuse, the one that refuses longest is named', async () => {
      const [node] = harness().nodes;
      countedOf(await node.admit(both(50)));
      const refused = refusedBy(await node.admit(both(20)));
      const [fixed, sliding] = await node.readWindows([window(), window({ shape: 'sliding' })]);
      expect(refused.retryAfterMs).toBeGreaterThanOrEqual(fixed?.resetMs ?? Infinity);
      expect(refused.limit).toBe(60);
      expect(sliding?.resetMs).toBeGreaterThan(fixed?.resetMs ?? Infinity);
      expect(refusedBy(await node.admit(both(55)))).toMatchObject({ limit: 50, retryAfterMs: null });
    });

    it('forgets all when a minute has passed, and its parts in between', async () => {
      const { nodes, advance } = harness();
      for (let count = 0; count < 5; count += 1) {
        countedOf(await nodes[0].admit(ask60(99)));
        await advance(20 * SECOND_MS);
      }
      const used = async () => (await nodes[0].readWindows([window({ shape: 'sliding' })]))[0];
      expect(await used()).toMatchObject({ used: 3 });
      await advance(61 * SECOND_MS);
      expect(await used()).toEqual({ used: 0, resetMs: 0 });
      countedOf(await nodes[0].admit(ask60(1)));
    });

    it('[LIM-12] a clock that steps back opens no window twice; one that jumps far starts anew', async () => {
      const { nodes, advance } = harness();
      countedOf(await nodes[0].admit(ask60(2)));
      await advance(-30 * SECOND_MS);
      countedOf(await nodes[0].admit(ask60(2)));
      expect((await nodes[0].admit(ask60(2))).admitted).toBe(false);
      await advance(-200 * SECOND_MS);
      countedOf(await nodes[0].admit(ask60(2)));
    });
  });
}
