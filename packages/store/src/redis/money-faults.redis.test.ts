import { setTimeout as sleep } from 'node:timers/promises';
import { picoUsd } from '@tollgate/core';
import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ask,
  askBalance,
  askSlot,
  balance,
  holdOf,
  leasesOf,
  money,
  queueUp,
  requests,
} from '../contract/harness.ts';
import {
  readBalance,
  readPurse,
  seedBalance,
  TEST_TIMINGS,
  userHolder,
  userId,
} from '../contract/harness.ts';
import { StoreUnavailableError, type AdmitRequest, type QueueRequest, type Store } from '../port.ts';
import type { Timings } from '../timings.ts';
import { CALL_TIMEOUT_MS, randomPrefix, startNode } from './redis-harness.ts';
import { startWire, type Wire } from './redis-wire.ts';

const BACK = { timeout: 30_000, interval: 25 };
const QUEUE = { max: 10, timeoutMs: 60_000 };
const WINDOW = requests({ kind: 'user', userId: userId('a') }, 9);

const askHold = (hold: bigint, queue: QueueRequest | null = null): AdmitRequest => ({
  ...askSlot('a', 0, queue),
  money: { ...money(hold, [balance('a')]), note: 'note' },
});

describe('money when something fails', () => {
  let server: RedisServer;
  let admin: Redis;
  let prefix: string;
  const stores: Store[] = [];
  const wires: Wire[] = [];

  const start = (timings: Partial<Timings> = {}, url = server.url): Store => {
    const store = startNode(url, prefix, { timings: { ...TEST_TIMINGS, ...timings } });
    stores.push(store);
    return store;
  };
  const startOnWire = async (timings: Partial<Timings> = {}): Promise<{ store: Store; wire: Wire }> => {
    const wire = await startWire(server.url);
    wires.push(wire);
    return { store: start(timings, wire.url), wire };
  };
  const state = (store: Store) => readPurse(store, balance('a'));

  beforeAll(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url);
    admin.on('error', () => {});
  });
  beforeEach(() => void (prefix = randomPrefix()));
  afterEach(async () => {
    server.signal('SIGCONT');
    await Promise.all(stores.splice(0).map((store) => store.close()));
    for (const wire of wires.splice(0)) wire.cut();
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  it.each([
    ['with a slot', askHold(60n)],
    ['with a slot, which may wait', askHold(60n, QUEUE)],
    ['without a slot', { ...askHold(60n), slots: [] }],
    ['without money', { ...askHold(60n), money: null }],
  ])(
    '[LIM-1] [MON-4] an admission that came too late gives back its hold, slot and count: %s',
    async (_what, request) => {
      const store = start();
      await seedBalance(store, 'a', 100n);
      leasesOf(await store.admit(ask({ windows: [WINDOW] })));
      server.signal('SIGSTOP');
      await expect(store.admit({ ...request, windows: [WINDOW] })).rejects.toThrow(
        `within ${CALL_TIMEOUT_MS} ms`,
      );
      server.signal('SIGCONT');
      await vi.waitFor(() => store.ping(), BACK);
      await vi.waitFor(async () => {
        expect(await store.readWindows([WINDOW])).toMatchObject([{ used: 1 }]);
        expect(await store.countSlots(userHolder('a'))).toBe(0);
        expect(await state(store)).toEqual({ amount: 100n, held: 0n, startMs: null });
      }, BACK);
      expect(await admin.exists([`${prefix}{u:usr_a}:lost`, `${prefix}{u:usr_a}:own`])).toBe(0);
    },
  );

  it('[LIM-5] [MON-4] a burst that waits for held money costs one look at the queue, not one for each', async () => {
    const store = start();
    const burst = 200;
    await seedBalance(store, 'a', 100n);
    const first = holdOf(await store.admit(askHold(60n, { ...QUEUE, max: burst })));
    const waits = await store.admit(askHold(60n, { ...QUEUE, max: burst }));
    await admin.config('RESETSTAT');
    const more = await Promise.all(
      Array.from({ length: burst - 1 }, () => store.admit(askHold(60n, { ...QUEUE, max: burst }))),
    );
    const calls = /cmdstat_hmget:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1];
    expect([waits, ...more].map((result) => !result.admitted && result.reason)).toEqual(
      Array.from({ length: burst }, () => 'queued'),
    );
    // Each newcomer reads its own purse a few times; a look at all who wait for each would be 20,000.
    expect(Number(calls)).toBeLessThan(10 * burst);
    store.settleHold(first, picoUsd(0n));
    for (const result of [waits, ...more])
      if (!result.admitted && result.reason === 'queued') result.ticket.cancel();
  });

  it('[LIM-1] also one of a sliding window', async () => {
    const store = start();
    const sliding = { ...WINDOW, shape: 'sliding' as const };
    await store.ping();
    server.signal('SIGSTOP');
    await expect(store.admit(ask({ windows: [sliding, WINDOW] }))).rejects.toThrow(
      `within ${CALL_TIMEOUT_MS} ms`,
    );
    server.signal('SIGCONT');
    await vi.waitFor(() => store.ping(), BACK);
    await vi.waitFor(async () => {
      expect(await store.readWindows([sliding, WINDOW])).toMatchObject([{ used: 0 }, { used: 0 }]);
    }, BACK);
  });

  it('[MON-4] an answer that was lost on the way takes its hold along', async () => {
    const { store, wire } = await startOnWire();
    await seedBalance(store, 'a', 100n);
    server.signal('SIGSTOP');
    const lost = [store.admit(askHold(30n)), store.admit(askHold(30n, QUEUE))];
    await sleep(50);
    wire.drop(); // Redis has the call, its answer finds nobody
    expect((await Promise.allSettled(lost)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    server.signal('SIGCONT');
    await vi.waitFor(() => store.ping(), BACK);
    await vi.waitFor(async () => expect(await store.countSlots(userHolder('a'))).toBe(0), BACK);
    await seedBalance(store, 'a', 100n);
    await vi.waitFor(async () => expect((await state(store))?.held).toBe(0n), BACK);
    expect(await store.listLostHolds(9)).toEqual([]);
  });

  it('[MON-4] heartbeats keep a hold far beyond its time, with a slot and without', async () => {
    const timings = { leaseTtlMs: 5_000, heartbeatMs: 100 };
    const [store, other] = [start(timings), start(timings)];
    await seedBalance(store, 'a', 100n);
    const holds = [holdOf(await store.admit(askHold(40n))), holdOf(await store.admit(askBalance('a', 40n)))];
    await sleep(7_000);
    expect(await other.admit(askBalance('a', 30n))).toMatchObject({ reason: 'money', isHeld: true });
    expect(await other.listLostHolds(9)).toEqual([]);
    for (const hold of holds) store.settleHold(hold, picoUsd(1n));
    await store.ping();
    expect(await state(other)).toEqual({ amount: 98n, held: 0n, startMs: null });
    expect(await admin.exists([`${prefix}{u:usr_a}:own`, `${prefix}{u:usr_a}:holds`])).toBe(0);
  });

  it('[MON-4] [MON-5] a node that is killed gives its holds back within the lease time, and they are listed', async () => {
    const timings = { leaseTtlMs: 5_000, heartbeatMs: 100, ticketRenewMs: 50 };
    const other = start(timings);
    const killed = await startOnWire(timings);
    await seedBalance(other, 'a', 100n);
    holdOf(await killed.store.admit(askHold(60n)));
    const ticket = await queueUp(other, askHold(60n, QUEUE));
    killed.wire.cut();
    expect(await ticket.outcome).toMatchObject({ kind: 'granted', hold: { amount: 60n } });
    const lost = await vi.waitFor(async () => {
      const found = await other.listLostHolds(9);
      expect(found).toHaveLength(1);
      return found;
    }, BACK);
    expect(lost).toMatchObject([{ userId: userId('a'), amount: 60n, note: 'note' }]);
    await other.forgetLostHolds(lost.map(({ id }) => id));
    expect(await other.listLostHolds(9)).toEqual([]);
    expect(await admin.zcard(`${prefix}{hold}:holders`)).toBe(1);
  });

  it('[MON-4] FLUSHALL: what runs is settled from the figures that come, and holds nothing', async () => {
    const store = start();
    await seedBalance(store, 'a', 100n);
    const hold = holdOf(await store.admit(askHold(60n)));
    await admin.flushall();
    await seedBalance(store, 'a', 100n);
    expect(await state(store)).toEqual({ amount: 100n, held: 0n, startMs: null });
    store.settleHold(hold, picoUsd(3n));
    await store.ping();
    expect(await state(store)).toEqual({ amount: 97n, held: 0n, startMs: null });
  });

  it.each([
    [
      'figures that are no numbers',
      async (key: string) => void (await admin.hset(`${key}:purses`, 'b|u', 'x', 'b|s', 'y')),
    ],
    [
      'holds of another shape',
      async (key: string) => void (await admin.hset(`${key}:holds`, 'lse_x', 'garbage', 'lse_y', '')),
    ],
    [
      'lost holds of another shape',
      async (key: string) => void (await admin.zadd(`${key}:lost`, 5, 'garbage', 6, '')),
    ],
  ])('goes on over %s', async (_what, spoil) => {
    const store = start();
    await seedBalance(store, 'a', 100n);
    const hold = holdOf(await store.admit(askHold(10n)));
    await spoil(`${prefix}{u:usr_a}`);
    store.settleHold(hold, picoUsd(1n));
    await store.countSlots(userHolder('a'));
    expect(await store.listLostHolds(9)).toEqual([]);
    await store.publish([{ scope: 'balance', userId: userId('a') }]);
    await seedBalance(store, 'a', 50n);
    holdOf(await store.admit(askHold(50n)));
    expect(await store.admit(askHold(1n))).toMatchObject({ isHeld: true });
  });

  it('[LIM-11] a settlement after close is silent; the rest is refused', async () => {
    const store = start();
    await seedBalance(store, 'a', 100n);
    const hold = holdOf(await store.admit(askHold(10n)));
    await store.close();
    store.settleHold(hold, picoUsd(1n));
    await expect(store.readPurses([balance('a')])).rejects.toThrow(StoreUnavailableError);
    await expect(store.listLostHolds(1)).rejects.toThrow(StoreUnavailableError);
    await expect(store.forgetLostHolds(['lse_x@usr_a'])).rejects.toThrow(StoreUnavailableError);
    await expect(store.seedPurses(userId('a'), [], 1, 't')).rejects.toThrow(StoreUnavailableError);
    expect(await readBalance(start(), 'a')).toBe(100n);
  });
});
