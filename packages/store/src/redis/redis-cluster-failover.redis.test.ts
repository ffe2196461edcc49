import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisCluster, type RedisCluster } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  accountHolder,
  ask,
  askAccounts,
  askSlot,
  candidate,
  leasesOf,
  queueUp,
  requests,
  takenOf,
  TEST_TIMINGS,
  userHolder,
  userId,
} from '../contract/harness.ts';
import type { Lease, Store } from '../port.ts';
import type { Timings } from '../timings.ts';
import { randomPrefix, startNode } from './redis-harness.ts';

/** The master with the lowest hash slots is the one that dies. */
const LOST_SLOTS_END = Math.ceil(16_384 / 3);
/** Two seconds of node time-out, the election, and what the test machine is late. */
const PROMOTION_MS_MAX = 20_000;
const TIMINGS = { leaseTtlMs: 8_000, heartbeatMs: 250, ticketTtlMs: 5_000, ticketRenewMs: 100 };
const MAX = 3;

describe('a master of a Redis Cluster that dies, and its replica', () => {
  let cluster: RedisCluster;
  let prefix: string;
  const stores: Store[] = [];
  const admins: Redis[] = [];

  const open = (url: string): Redis => {
    const admin = new Redis(url, { retryStrategy: () => 100 });
    admin.on('error', () => {});
    admins.push(admin);
    return admin;
  };
  const start = (timings: Partial<Timings> = {}): Store => {
    const all = { ...TEST_TIMINGS, ...TIMINGS, ...timings };
    const store = startNode(cluster.urls[0], prefix, { urls: cluster.urls, isCluster: true, timings: all });
    stores.push(store);
    return store;
  };
  /** Users whose keys live on the master that dies, and others. */
  const listUsers = async (): Promise<{ lost: string[]; safe: string[] }> => {
    const admin = open(cluster.urls[1]);
    const names = Array.from({ length: 12 }, (_, index) => `u${index}`);
    const slots = await Promise.all(
      names.map((name) => admin.call('cluster', 'keyslot', `u:${userId(name)}`)),
    );
    const lost = names.filter((_, index) => Number(slots[index]) < LOST_SLOTS_END);
    return { lost, safe: names.filter((name) => !lost.includes(name)) };
  };
  const admitAll = (store: Store, names: readonly string[]) =>
    Promise.all(names.map((name) => store.admit(askSlot(name, MAX))));
  /** Whatever was acknowledged is on the replica as well. */
  const replicate = async () => {
    await Promise.all(cluster.urls.map((url) => open(url).call('wait', 1, 5_000)));
  };
  /** Resolves when users of the lost master are answered again. */
  const waitForPromotion = async (store: Store, names: readonly string[]) => {
    await vi.waitFor(() => Promise.all(names.map((name) => store.countSlots(userHolder(name)))), {
      timeout: PROMOTION_MS_MAX,
      interval: 50,
    });
  };

  beforeEach(async () => {
    prefix = randomPrefix();
    cluster = await startRedisCluster({ hasReplicas: true });
  }, 60_000);
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    for (const admin of admins.splice(0)) admin.disconnect();
    await cluster.stop();
  });

  it('[LIM-4] [LIM-12] what was replicated stays counted: never more than max, and slots come free as ever', async () => {
    const [one, two] = [start(), start()];
    const { lost, safe } = await listUsers();
    const names = [...lost, ...safe];
    expect(Math.min(lost.length, safe.length)).toBeGreaterThan(0);
    const held: Lease[] = [];
    for (const store of [one, two, one]) held.push(...(await admitAll(store, names)).flatMap(leasesOf));
    await replicate();
    cluster.nodes[0].signal('SIGKILL');
    await waitForPromotion(one, names);
    await waitForPromotion(two, names);
    // Longer than a lease lives: heartbeats reach the new master.
    for (let ms = 0; ms < TIMINGS.leaseTtlMs + 1_000; ms += 500) {
      const results = await admitAll(ms % 1_000 === 0 ? one : two, names);
      expect(results.filter(({ admitted }) => admitted)).toEqual([]);
      await sleep(500);
    }
    for (const name of names) expect(await two.countSlots(userHolder(name))).toBe(MAX);
    one.release(held);
    two.release(held);
    await vi.waitFor(async () => expect(await one.countSlots(userHolder(lost[0] ?? ''))).toBe(0));
    expect((await admitAll(two, names)).every(({ admitted }) => admitted)).toBe(true);
  }, 90_000);

  it('[LIM-4] [LIM-5] leases of a node that died with the master end in the lease time; who waits then goes', async () => {
    const survivor = start();
    const dead = start({ heartbeatMs: 3_600_000 });
    await survivor.subscribe(() => {});
    const { lost } = await listUsers();
    const [name = ''] = lost;
    for (let count = 0; count < MAX; count += 1) leasesOf(await dead.admit(askSlot(name, MAX)));
    const early = await queueUp(survivor, askSlot(name, MAX, { max: 9, timeoutMs: 60_000 }));
    await replicate();
    const killedAtMs = performance.now();
    cluster.nodes[0].signal('SIGKILL');
    // LIM-11: nobody waits in a queue that nobody can see.
    expect((await early.outcome).kind).toBe('lost');
    await waitForPromotion(survivor, lost);
    const late = await queueUp(survivor, askSlot(name, MAX, { max: 9, timeoutMs: 60_000 }));
    expect((await late.outcome).kind).toBe('granted');
    const sinceKillMs = performance.now() - killedAtMs;
    expect(sinceKillMs).toBeLessThan(Math.max(TIMINGS.leaseTtlMs, PROMOTION_MS_MAX) + 5_000);
    // The place that was lost is not there any more either.
    await vi.waitFor(async () => {
      expect(await survivor.readLoad([userHolder(name)])).toEqual([{ running: 1, waiting: 0 }]);
    });
  }, 90_000);

  it('[LIM-5] a queue on the new master wakes who waits, on every node', async () => {
    const [one, two] = [start(), start()];
    await Promise.all([one.subscribe(() => {}), two.subscribe(() => {})]);
    const { lost } = await listUsers();
    cluster.nodes[0].signal('SIGKILL');
    await waitForPromotion(one, lost);
    await waitForPromotion(two, lost);
    for (const name of lost) {
      const held = leasesOf(await one.admit(askSlot(name, 1)));
      const ticket = await queueUp(two, askSlot(name, 1, { max: 1, timeoutMs: 60_000 }));
      one.release(held);
      expect((await ticket.outcome).kind).toBe('granted');
      expect(await one.countSlots(userHolder(name))).toBe(1);
    }
    const account = [candidate('x', 1)];
    const { lease } = takenOf(await one.takeAccount(askAccounts(account)));
    one.release([lease]);
    takenOf(await two.takeAccount(askAccounts(account)));
    expect(await two.countSlots(accountHolder('x'))).toBe(1);
  }, 90_000);

  it('[LIM-4] [LIM-1] what the dead master alone knew is lost: never more than that over the limit, and the rest is exact', async () => {
    const one = start();
    const { lost } = await listUsers();
    const [name = ''] = lost;
    const limit = 5;
    const askBoth = () =>
      one.admit(
        ask({
          windows: [requests({ kind: 'user', userId: userId(name) }, limit)],
          slots: [{ holder: userHolder(name), max: MAX }],
        }),
      );
    const known = leasesOf(await askBoth());
    await replicate();
    // From here on the replica hears nothing.
    cluster.replicas[0]?.signal('SIGSTOP');
    await open(cluster.urls[0]).call('client', 'kill', 'type', 'replica');
    const unheard = [await askBoth(), await askBoth()].flatMap(leasesOf);
    expect(await askBoth()).toMatchObject({ admitted: false, reason: 'slots' });
    cluster.nodes[0].signal('SIGKILL');
    cluster.replicas[0]?.signal('SIGCONT');
    await waitForPromotion(one, lost);
    const again: Lease[] = [];
    for (let result = await askBoth(); ; result = await askBoth()) {
      if (!result.admitted) break;
      again.push(...result.leases);
    }
    // At most as many more as were granted unheard.
    expect(again).toHaveLength(unheard.length);
    expect(await one.countSlots(userHolder(name))).toBe(MAX);
    // Giving back what is not known takes nothing from those that are.
    one.release(unheard);
    expect(await askBoth()).toMatchObject({ admitted: false });
    expect(await one.countSlots(userHolder(name))).toBe(MAX);
    one.release(known);
    const windows = [
      { subject: { kind: 'user', userId: userId(name) }, unit: 'requests', shape: 'fixed' },
    ] as const;
    const [use] = await one.readWindows(windows);
    expect(use?.used).toBe(known.length + again.length);
    const rest = (await Promise.all(Array.from({ length: limit }, askBoth))).filter(
      ({ admitted }) => admitted,
    );
    expect(rest).toHaveLength(1);
    again.push(...rest.flatMap(leasesOf));
    one.release(again);
    await vi.waitFor(async () => expect(await one.countSlots(userHolder(name))).toBe(0));
  }, 90_000);
});
