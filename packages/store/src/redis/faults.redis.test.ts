import { setTimeout as sleep } from 'node:timers/promises';
import { picoUsd, type AccountId, type Invalidation } from '@tollgate/core';
import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  accountHolder,
  askAccounts,
  askBalance,
  askRpm,
  askSeedToken,
  askSlot,
  balance,
  candidate,
  holdOf,
  leasesOf,
} from '../contract/harness.ts';
import { money, readBalance, seedBalance, TEST_TIMINGS, userHolder, userId } from '../contract/harness.ts';
import { StoreUnavailableError, type Store } from '../port.ts';
import { CALL_TIMEOUT_MS, randomPrefix, startNode } from './redis-harness.ts';

/** Long enough for a reconnect with its back-off. */
const BACK = { timeout: 30_000, interval: 25 };

const isBack = (store: Store) => vi.waitFor(() => store.ping(), BACK);

describe('the Redis store when Redis fails', () => {
  let server: RedisServer;
  let admin: Redis;
  let prefix: string;
  const stores: Store[] = [];

  const start = (options: Parameters<typeof startNode>[2] = {}): Store => {
    const store = startNode(server.url, prefix, options);
    stores.push(store);
    return store;
  };

  beforeAll(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url);
    admin.on('error', () => {});
  });
  beforeEach(() => void (prefix = randomPrefix()));
  afterEach(async () => {
    server.signal('SIGCONT');
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  it('[LIM-11] frozen: calls fail with the time limit, later ones at once; back without a restart', async () => {
    const store = start();
    leasesOf(await store.admit(askSlot('a', 2)));
    server.signal('SIGSTOP');
    await expect(store.admit(askSlot('a', 2))).rejects.toThrow(`within ${CALL_TIMEOUT_MS} ms`);
    await expect(store.admit(askSlot('a', 2))).rejects.toThrow('not there');
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
    server.signal('SIGCONT');
    await isBack(store);
    expect((await store.admit(askSlot('a', 2))).admitted).toBe(true);
  });

  it('[LIM-4] an admission that Redis ran too late gives its slot back', async () => {
    const store = start();
    await store.ping();
    server.signal('SIGSTOP');
    const take = askAccounts([candidate('x')]);
    const late = await Promise.allSettled([store.admit(askSlot('a', 1)), store.takeAccount(take)]);
    expect(late.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    server.signal('SIGCONT');
    await isBack(store);
    await vi.waitFor(async () => {
      expect(await store.countSlots(userHolder('a'))).toBe(0);
      expect(await store.countSlots(accountHolder('x'))).toBe(0);
    }, BACK);
  });

  it('[LIM-4] frozen until the connection is given up: works again, and no slot outlives its lease', async () => {
    const store = start({ timings: { ...TEST_TIMINGS, leaseTtlMs: 1_000 } });
    await store.ping();
    server.signal('SIGSTOP');
    await expect(store.admit(askSlot('a', 1))).rejects.toThrow(StoreUnavailableError);
    await sleep(3_500);
    server.signal('SIGCONT');
    await isBack(store);
    await vi.waitFor(async () => expect(await store.countSlots(userHolder('a'))).toBe(0), BACK);
  });

  it('[LIM-4] a release while Redis is frozen is made up for', async () => {
    const store = start();
    const leases = leasesOf(await store.admit(askSlot('a', 1)));
    server.signal('SIGSTOP');
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
    store.release(leases);
    await sleep(50);
    server.signal('SIGCONT');
    await isBack(store);
    await vi.waitFor(async () => expect(await store.countSlots(userHolder('a'))).toBe(0), BACK);
  });

  it('[MON-4] a settlement while Redis is frozen drops the figures: it is never lost and never made twice', async () => {
    const store = start();
    await seedBalance(store, 'a', 10n);
    const held = holdOf(
      await store.admit({ ...askSlot('a', 0), money: { ...money(4n, [balance('a')]), note: 'n' } }),
    );
    server.signal('SIGSTOP');
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
    store.settleHold(held, picoUsd(3n));
    await sleep(50);
    server.signal('SIGCONT');
    await isBack(store);
    await vi.waitFor(async () => expect(await readBalance(store, 'a')).toBeNull(), BACK);
    // The hold went with them: what comes is free.
    await seedBalance(store, 'a', 7n);
    expect(await store.readPurses([balance('a')])).toMatchObject([{ amount: 7n, held: 0n }]);
  });

  it('[LIM-11] connections cut: calls in flight fail or pass, the next ones pass', async () => {
    const store = start();
    await store.ping();
    await admin.call('client', 'kill', 'type', 'normal', 'skipme', 'yes');
    await isBack(store);
    expect((await store.admit(askSlot('a', 1))).admitted).toBe(true);
  });

  it('[AUTH-6] a subscriber whose connection was cut hears `all` once it is back, then every message', async () => {
    const store = start();
    const heard: Invalidation[] = [];
    await store.subscribe((invalidation) => heard.push(invalidation));
    await store.publish([{ scope: 'user', userId: 'usr_a' }]);
    await vi.waitFor(() => expect(heard).toEqual([{ scope: 'user', userId: 'usr_a' }]), BACK);
    await admin.call('client', 'kill', 'type', 'pubsub');
    await vi.waitFor(() => expect(heard.at(-1)).toEqual({ scope: 'all' }), BACK);
    await store.publish([{ scope: 'balance', userId: 'usr_b' }]);
    await vi.waitFor(() => expect(heard.at(-1)).toEqual({ scope: 'balance', userId: 'usr_b' }), BACK);
    expect(heard).toHaveLength(3);
  });

  it('[ACC-6] who listens for wishes for new tokens hears them again after its connection was cut', async () => {
    const store = start();
    const heard: string[] = [];
    // At once, and before the connection is there: both channels come alive together.
    const live = [store.subscribe(() => {}), store.onTokenRefreshRequest((id) => heard.push(id))];
    await Promise.all(live);
    await store.requestTokenRefresh('acc_a' as AccountId);
    await vi.waitFor(() => expect(heard).toEqual(['acc_a']), BACK);
    await admin.call('client', 'kill', 'type', 'pubsub');
    await vi.waitFor(async () => {
      await store.requestTokenRefresh('acc_b' as AccountId);
      expect(heard.at(-1)).toBe('acc_b');
    }, BACK);
  });

  it.each([
    ['a gap', (number: number) => JSON.stringify({ n: number + 2, inv: [{ scope: 'key', keyHash: 'h' }] })],
    ['a text that is no JSON', () => '{"n":1,'],
    [
      'a scope of a newer node',
      (number: number) => JSON.stringify({ n: number + 1, inv: [{ scope: 'moon' }] }),
    ],
    ['a missing id', (number: number) => JSON.stringify({ n: number + 1, inv: [{ scope: 'user' }] })],
    ['nothing', () => 'null'],
  ])('[AUTH-6] %s in the messages is heard as `all`', async (_what, build) => {
    const store = start();
    const heard: Invalidation[] = [];
    await store.subscribe((invalidation) => heard.push(invalidation));
    const number = await store.publish([{ scope: 'user', userId: 'usr_a' }]);
    await admin.publish(`${prefix}{inv}:news`, build(number));
    await vi.waitFor(
      () => expect(heard).toEqual([{ scope: 'user', userId: 'usr_a' }, { scope: 'all' }]),
      BACK,
    );
  });

  it('[AUTH-6] a number that moved without a message is noticed by the check', async () => {
    const store = start({ timings: { ...TEST_TIMINGS, checkMs: 100 } });
    const heard: Invalidation[] = [];
    await store.subscribe((invalidation) => heard.push(invalidation));
    await admin.incr(`${prefix}{inv}:n`);
    await vi.waitFor(() => expect(heard).toEqual([{ scope: 'all' }]), BACK);
  });

  it('FLUSHALL and SCRIPT FLUSH: everything goes on from empty, L1 is dropped at the next message', async () => {
    const store = start();
    const heard: Invalidation[] = [];
    await store.subscribe((invalidation) => heard.push(invalidation));
    const { generation } = await store.getSnapshot('key:1');
    const token = await askSeedToken(store, 'a');
    const leases = leasesOf(await store.admit(askSlot('a', 1)));
    await store.publish([{ scope: 'key', keyHash: 'h' }]);
    await admin.flushall();
    await admin.script('FLUSH');
    // The lease is lost: until its request ends, one more runs than the limit says. Its release harms nobody.
    leasesOf(await store.admit(askSlot('a', 1)));
    store.release(leases);
    expect(await store.countSlots(userHolder('a'))).toBe(1);
    // What was loaded before the flush is too late, though the numbers began anew.
    await store.putSnapshot('key:1', 'stale', 60_000, generation);
    expect((await store.getSnapshot('key:1')).value).toBeNull();
    const seeds = [{ purse: balance('a'), amount: picoUsd(10n), startMs: null }];
    await store.seedPurses(userId('a'), seeds, 60_000, token);
    expect(await readBalance(store, 'a')).toBeNull();
    await store.publish([{ scope: 'key', keyHash: 'i' }]);
    await vi.waitFor(() => expect(heard.at(-1)).toEqual({ scope: 'all' }), BACK);
  });

  it('SCRIPT FLUSH under load: no call is lost and none runs twice', async () => {
    const store = start({ callTimeoutMs: 5_000 });
    await store.ping();
    const asks = [];
    for (let turn = 0; turn < 20; turn += 1) {
      void admin.script('FLUSH');
      for (let count = 0; count < 10; count += 1) asks.push(store.admit(askRpm('a', 150)));
      await sleep(1);
    }
    const results = await Promise.all(asks);
    expect(results.filter((result) => result.admitted)).toHaveLength(150);
  });

  it('[LIM-4] heartbeats keep a lease far beyond its time; a killed process loses it', async () => {
    const timings = { ...TEST_TIMINGS, leaseTtlMs: 5_000, heartbeatMs: 100 };
    const [store, other] = [start({ timings }), start({ timings })];
    leasesOf(await store.admit(askSlot('a', 1)));
    await sleep(7_000);
    expect(await other.countSlots(userHolder('a'))).toBe(1);
    expect((await other.admit(askSlot('a', 1))).admitted).toBe(false);
    await store.close(); // ends the heartbeats and keeps the lease, as a kill does
    await vi.waitFor(async () => leasesOf(await other.admit(askSlot('a', 1))), BACK);
  });

  it('[LIM-4] a lease that died and was removed is not brought back by its heartbeat', async () => {
    const store = start({ timings: { ...TEST_TIMINGS, leaseTtlMs: 60_000, heartbeatMs: 50 } });
    leasesOf(await store.admit(askSlot('a', 1)));
    await admin.del(`${prefix}{u:usr_a}:slots`);
    await sleep(300);
    expect(await store.countSlots(userHolder('a'))).toBe(0);
  });

  it('close sends what is collected', async () => {
    const [store, other] = [start(), start()];
    const leases = leasesOf(await store.admit(askSlot('a', 1)));
    await other.ping();
    store.release(leases);
    await store.close();
    expect(await other.countSlots(userHolder('a'))).toBe(0);
  });

  it('close does not hang when Redis is frozen', async () => {
    const store = start();
    const leases = leasesOf(await store.admit(askSlot('a', 1)));
    server.signal('SIGSTOP');
    store.release(leases);
    await expect(store.close()).resolves.toBeUndefined();
  });

  it('[LIM-11] gone and back under the same address: calls fail at once, then work without a restart', async () => {
    const own = await startRedisServer();
    const store = startNode(own.url, prefix);
    const heard: Invalidation[] = [];
    try {
      leasesOf(await store.admit(askSlot('a', 1)));
      await store.subscribe((invalidation) => heard.push(invalidation));
      own.signal('SIGKILL');
      await vi.waitFor(() => expect(store.ping()).rejects.toThrow(StoreUnavailableError), BACK);
      await expect(store.admit(askSlot('a', 1))).rejects.toThrow(StoreUnavailableError);
      const again = await startRedisServer({ port: own.port });
      try {
        await isBack(store);
        expect((await store.admit(askSlot('a', 1))).admitted).toBe(true);
        // Once more when the number could not be read with the first: never anything else.
        await vi.waitFor(() => expect(heard).toContainEqual({ scope: 'all' }), BACK);
        expect(new Set(heard.map(({ scope }) => scope))).toEqual(new Set(['all']));
      } finally {
        await store.close();
        await again.stop();
      }
    } finally {
      await store.close();
      await own.stop();
    }
  });

  it('[LIM-11] not there at the start: calls fail, a subscription waits, both work when it comes', async () => {
    const own = await startRedisServer();
    await own.stop();
    const store = startNode(own.url, prefix);
    const subscribed = store.subscribe(() => {});
    await expect(store.admit(askBalance('a'))).rejects.toThrow(StoreUnavailableError);
    const again = await startRedisServer({ port: own.port });
    try {
      await subscribed;
      await isBack(store);
      expect((await store.admit(askBalance('a'))).admitted).toBe(false);
    } finally {
      await store.close();
      await again.stop();
    }
  });

  it('a subscription that waits is refused when the store closes', async () => {
    const own = await startRedisServer();
    await own.stop();
    const store = startNode(own.url, prefix);
    const [subscribed] = await Promise.allSettled([store.subscribe(() => {}), store.close()]);
    expect(subscribed).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
  });
});
