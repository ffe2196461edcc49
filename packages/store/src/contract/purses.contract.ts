import { picoUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import type { PurseName } from '../money-port.ts';
import type { AdmitResult, Store } from '../port.ts';
import {
  ask,
  askBalance,
  askSeedToken,
  balance,
  keyPurse,
  money,
  readBalance,
  readPurse,
} from './harness.ts';
import { seedBalance, spend, subscriptionPurse, userId, type Harness } from './harness.ts';

const TTL_MS = 45_000;
const HOUR_MS = 3_600_000;
const DAY = subscriptionPurse('a', 's', 'day');

/** What is spent in windows of user a. */
export async function seedWindows(
  store: Store,
  seeds: readonly [PurseName, bigint, number | null][],
): Promise<void> {
  const asked = await store.admit(
    ask({
      money: money(
        0n,
        seeds.map(([purse]): [PurseName, bigint] => [purse, 1n]),
      ),
    }),
  );
  if (asked.admitted || asked.reason !== 'purses-unknown') throw new Error('the purses are known');
  const all = seeds.map(([purse, amount, startMs]) => ({ purse, amount: picoUsd(amount), startMs }));
  await store.seedPurses(userId('a'), all, 300_000, asked.seedToken);
}

const look = (store: Store, purse: PurseName, limit: bigint, hold = 0n): Promise<AdmitResult> =>
  store.admit(ask({ money: money(hold, [[purse, limit]]) }));

const seedToken = (store: Store, name: string, amount: bigint, token: string, ttlMs = TTL_MS) =>
  store.seedPurses(
    userId(name),
    [{ purse: balance(name), amount: picoUsd(amount), startMs: null }],
    ttlMs,
    token,
  );

export function describePurses(harness: () => Harness): void {
  describe('balances', () => {
    it('[MON-4] a settlement moves a balance of nothing, and leaves one that is not known unknown', async () => {
      const [node, other] = harness().nodes;
      await seedWindows(node, [[DAY, 3n, null]]);
      await spend(other, 'a', 5n);
      await spend(other, 'b', 5n);
      expect([await readBalance(node, 'a'), await readBalance(node, 'b')]).toEqual([null, null]);
      await seedBalance(node, 'a', 0n);
      await spend(other, 'a', 5n);
      expect([await readBalance(node, 'a'), (await readPurse(node, DAY))?.amount]).toEqual([-5n, 3n]);
    });

    it('[MON-4] admits above 0, refuses at 0 and below', async () => {
      const [node, other] = harness().nodes;
      await seedBalance(node, 'a', 1n);
      expect((await other.admit(askBalance('a'))).admitted).toBe(true);
      await spend(other, 'a', 1n);
      const refused = {
        admitted: false,
        reason: 'money',
        purse: balance('a'),
        retryAfterMs: null,
        isHeld: false,
      };
      expect(await other.admit(askBalance('a'))).toEqual(refused);
      await spend(other, 'a', 5n);
      expect(await readBalance(other, 'a')).toBe(-5n);
      expect(await node.admit(askBalance('a'))).toEqual(refused);
    });

    it('[MON-1] moves figures beyond 2^53 exactly', async () => {
      const [node] = harness().nodes;
      const amount = 2n ** 60n + 7n;
      await seedBalance(node, 'a', amount);
      for (let count = 0; count < 5; count += 1) await spend(node, 'a', 1n);
      await spend(node, 'a', 2n ** 55n + 1n);
      expect(await readBalance(node, 'a')).toBe(amount - 2n ** 55n - 6n);
    });

    it('[MON-1] holds the nearest figure of 64 bits, and drops one that leaves them', async () => {
      const [node] = harness().nodes;
      await seedBalance(node, 'rich', 10n ** 25n);
      expect(await readBalance(node, 'rich')).toBe(2n ** 63n - 1n);
      await seedBalance(node, 'poor', -(10n ** 25n));
      expect(await readBalance(node, 'poor')).toBe(-(2n ** 63n - 1n));
      await spend(node, 'poor', 1n);
      expect(await node.admit(askBalance('poor'))).toMatchObject({ reason: 'purses-unknown' });
    });

    it('a settlement without a figure moves nothing, and keeps the TTL of one that is there', async () => {
      const { nodes, advance } = harness();
      await spend(nodes[0], 'a', 5n);
      await seedBalance(nodes[0], 'a', 10n, TTL_MS);
      await advance(30_000);
      await spend(nodes[0], 'a', 1n);
      expect(await readBalance(nodes[0], 'a')).toBe(9n);
      await advance(20_000);
      expect(await readBalance(nodes[0], 'a')).toBeNull();
    });

    it('the first of two loaders wins, the second changes nothing', async () => {
      const [node, other] = harness().nodes;
      const token = await askSeedToken(node, 'a');
      expect(await askSeedToken(other, 'a')).toBe(token);
      await seedToken(node, 'a', 10n, token);
      await spend(node, 'a', 4n);
      await seedToken(other, 'a', 10n, token);
      expect(await readBalance(other, 'a')).toBe(6n);
    });

    it('a seed spends its token: a slow loader does not bring back a balance that was spent since', async () => {
      const { nodes, advance } = harness();
      const token = await askSeedToken(nodes[0], 'a');
      await seedToken(nodes[0], 'a', 10n, token, 10_000);
      await spend(nodes[0], 'a', 10n);
      await advance(20_000);
      await seedToken(nodes[1], 'a', 10n, token);
      expect(await readBalance(nodes[1], 'a')).toBeNull();
      await seedBalance(nodes[1], 'a', 3n);
      expect(await readBalance(nodes[0], 'a')).toBe(3n);
    });

    it('one token serves the loaders of several purses at once', async () => {
      const [node] = harness().nodes;
      const key = keyPurse('a', 'k', 'total');
      const token = await askSeedToken(node, 'a');
      await seedToken(node, 'a', 10n, token);
      const both = ask({ money: money(1n, [balance('a'), [key, 5n]]) });
      expect(await node.admit(both)).toEqual({
        admitted: false,
        reason: 'purses-unknown',
        purses: [key],
        seedToken: token,
      });
      await node.seedPurses(userId('a'), [{ purse: key, amount: picoUsd(0n), startMs: null }], TTL_MS, token);
      expect((await node.admit(both)).admitted).toBe(true);
    });

    it('a balance loaded before a top-up never wins after it', async () => {
      const [node, admin] = harness().nodes;
      const token = await askSeedToken(node, 'a');
      await admin.publish([{ scope: 'balance', userId: userId('a') }]);
      await seedToken(node, 'a', 0n, token);
      expect(await readBalance(node, 'a')).toBeNull();
      await seedBalance(node, 'a', 100n);
      expect((await node.admit(askBalance('a'))).admitted).toBe(true);
    });

    it('[AUTH-6] a top-up drops all figures of the user, and of nobody else', async () => {
      const [node, admin] = harness().nodes;
      await seedBalance(node, 'a', 0n);
      await seedWindows(node, [[DAY, 1n, null]]);
      await seedBalance(node, 'b', 1n);
      await admin.publish([{ scope: 'balance', userId: userId('a') }]);
      expect(await node.readPurses([balance('a'), DAY])).toEqual([null, null]);
      expect((await node.admit(askBalance('b'))).admitted).toBe(true);
    });

    it('a loader that comes after its token has died changes nothing', async () => {
      const { nodes, advance } = harness();
      const token = await askSeedToken(nodes[0], 'a');
      await advance(61_000);
      await seedToken(nodes[0], 'a', 10n, token);
      expect(await readBalance(nodes[0], 'a')).toBeNull();
      await seedToken(nodes[0], 'a', 10n, 'garbage');
      expect(await readBalance(nodes[0], 'a')).toBeNull();
    });

    it('refuses garbage as a fault', async () => {
      const [node] = harness().nodes;
      await expect(seedToken(node, 'a', 1n, 't', 0)).rejects.toThrow(RangeError);
      await expect(node.putSnapshot('a', 'b', Number.NaN, '1')).rejects.toThrow(RangeError);
      const seeds = [{ purse: balance('b'), amount: picoUsd(1n), startMs: null }];
      await expect(node.seedPurses(userId('a'), seeds, TTL_MS, 't')).rejects.toThrow(RangeError);
      const asks = [
        money(-1n, [balance('a')]),
        money(2n ** 63n, [balance('a')]),
        money(1n, [[balance('a'), 1n]]),
        money(1n, [DAY]),
        money(1n, [[DAY, -1n]]),
        money(1n, [balance('a'), balance('a')]),
        { ...money(1n, [balance('a')]), note: 'x'.repeat(1_025) },
        money(1n, [[keyPurse('a', 'line\nbreak', 'total'), 1n]]),
      ];
      for (const asked of asks) await expect(node.admit(ask({ money: asked }))).rejects.toThrow(RangeError);
    });
  });

  describe('windows of money', () => {
    it('[LIM-9] passes below the limit, refuses at it, and says when the window is over', async () => {
      const { nodes, clock } = harness();
      const [node] = nodes;
      const purse = keyPurse('a', 'k', '5h');
      const startMs = (await clock()) - HOUR_MS;
      await seedWindows(node, [[purse, 9n, startMs]]);
      expect((await look(node, purse, 10n)).admitted).toBe(true);
      const refused = await look(node, purse, 9n);
      expect(refused).toMatchObject({ reason: 'money', purse, isHeld: false });
      const { retryAfterMs } = refused as { retryAfterMs: number };
      expect(retryAfterMs).toBeLessThanOrEqual(4 * HOUR_MS);
      expect(retryAfterMs).toBeGreaterThan(4 * HOUR_MS - 60_000);
    });

    it('[LIM-9] a quota does not come back; neither does what is larger than its limit', async () => {
      const { nodes, clock } = harness();
      const [node] = nodes;
      const [total, day] = [keyPurse('a', 'k', 'total'), keyPurse('a', 'k', '1d')];
      await seedWindows(node, [
        [total, 9n, null],
        [day, 1n, await clock()],
      ]);
      expect(await look(node, total, 9n)).toMatchObject({ reason: 'money', retryAfterMs: null });
      expect(await look(node, day, 5n, 6n)).toMatchObject({ reason: 'money', retryAfterMs: null });
      expect(await look(node, day, 0n)).toMatchObject({ reason: 'money', retryAfterMs: null });
    });

    it('[LIM-9] of several that refuse, the one that refuses longest', async () => {
      const { nodes, clock } = harness();
      const [node] = nodes;
      const [short, long, total] = [
        keyPurse('a', 'k', '5h'),
        keyPurse('a', 'k', '7d'),
        keyPurse('a', 'k', 'total'),
      ];
      const nowMs = await clock();
      await seedWindows(node, [
        [short, 9n, nowMs],
        [long, 9n, nowMs],
        [total, 9n, null],
      ]);
      const windows: [PurseName, bigint][] = [
        [short, 9n],
        [long, 9n],
      ];
      expect(await node.admit(ask({ money: money(0n, windows) }))).toMatchObject({ purse: long });
      expect(await node.admit(ask({ money: money(0n, [...windows, [total, 9n]]) }))).toMatchObject({
        purse: total,
      });
    });

    it('[MON-9] begins with the first cost, not with one of 0', async () => {
      const { nodes, clock } = harness();
      const [node] = nodes;
      await seedWindows(node, [[DAY, 0n, null]]);
      const asked = ask({ money: money(2n, [[DAY, 10n]]) });
      const [one, two] = [await node.admit(asked), await node.admit(asked)];
      if (!one.admitted || !one.hold || !two.admitted || !two.hold) throw new Error('refused');
      node.settleHold(one.hold, picoUsd(0n));
      await node.countSlots({ kind: 'user', userId: userId('a') });
      expect(await readPurse(node, DAY)).toEqual({ amount: 0n, held: 2n, startMs: null });
      const beforeMs = await clock();
      node.settleHold(two.hold, picoUsd(1n));
      await node.countSlots({ kind: 'user', userId: userId('a') });
      const state = await readPurse(node, DAY);
      expect(state).toMatchObject({ amount: 1n, held: 0n });
      expect(state?.startMs).toBeGreaterThanOrEqual(beforeMs);
      expect(state?.startMs).toBeLessThanOrEqual(await clock());
    });

    it('[MON-9] that is over counts as empty, but for what is held; the next cost begins the next', async () => {
      const { nodes, clock } = harness();
      const [node, other] = nodes;
      const nowMs = await clock();
      await seedWindows(node, [[DAY, 9n, nowMs - 24 * HOUR_MS]]);
      expect(await readPurse(other, DAY)).toEqual({ amount: 0n, held: 0n, startMs: null });
      const asked = await look(node, DAY, 10n, 7n);
      expect(await look(other, DAY, 10n, 4n)).toMatchObject({ reason: 'money', isHeld: true });
      if (!asked.admitted || !asked.hold) throw new Error('refused');
      other.settleHold(asked.hold, picoUsd(8n));
      await other.countSlots({ kind: 'user', userId: userId('a') });
      const state = await readPurse(node, DAY);
      expect(state).toMatchObject({ amount: 8n, held: 0n });
      expect(state?.startMs).toBeGreaterThanOrEqual(nowMs);
    });

    it('[MON-9] that ends while something is held ends with the settlement that finds it over', async () => {
      const { nodes, clock } = harness();
      const [node] = nodes;
      const nowMs = await clock();
      await seedWindows(node, [[DAY, 9n, nowMs - 24 * HOUR_MS + 400]]);
      const asked = await look(node, DAY, 100n, 7n);
      if (!asked.admitted || !asked.hold) throw new Error('refused');
      await expect
        .poll(async () => (await harness().advance(1_000), (await readPurse(node, DAY))?.amount ?? null), {
          interval: 100,
        })
        .toBe(0n);
      expect(await readPurse(node, DAY)).toMatchObject({ held: 7n });
    });

    it('keeps odd ids apart', async () => {
      const [node] = harness().nodes;
      const ids = ['a:b', 'a|b', '{a}', 'a b', 'ñ语', '', 'x'.repeat(500)];
      const purses = ids.map((id) => keyPurse('a', id, 'total'));
      await seedWindows(
        node,
        purses.map((purse, index) => [purse, BigInt(index), null]),
      );
      const states = await node.readPurses(purses);
      expect(states.map((state) => state?.amount)).toEqual(ids.map((_, index) => BigInt(index)));
    });

    it('reads purses of several users in the order in which they are named', async () => {
      const [node] = harness().nodes;
      await seedBalance(node, 'a', 1n);
      await seedBalance(node, 'b', 2n);
      const states = await node.readPurses([balance('b'), DAY, balance('a'), balance('c')]);
      expect(states.map((state) => state?.amount ?? null)).toEqual([2n, null, 1n, null]);
      expect(await node.readPurses([])).toEqual([]);
    });
  });
}
