import { startRedisCluster, type RedisCluster } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  askAccounts,
  askBalance,
  askSlot,
  candidate,
  leasesOf,
  queueUp,
  readBalance,
  seedBalance,
  userHolder,
  userId,
} from '../contract/harness.ts';
import { describeStoreContract } from '../contract/store-contract.ts';
import { StoreUnavailableError } from '../port.ts';
import { randomPrefix, startClusterHarness, startNode } from './redis-harness.ts';
import { watchTurn } from './watch-turn.ts';

let cluster: RedisCluster;
beforeAll(async () => void (cluster = await startRedisCluster()));
afterAll(() => cluster.stop());

describeStoreContract(
  'the Redis store on a Cluster of three masters',
  (renewMs) => startClusterHarness(cluster.urls, renewMs),
  40,
);

describe('the Redis store on a Cluster', () => {
  const start = (prefix = randomPrefix()) =>
    startNode(cluster.urls[0], prefix, { urls: cluster.urls, isCluster: true });

  it('[LIM-12] keeps each user on one master, and uses all of them', async () => {
    const store = start();
    const asks = Array.from({ length: 60 }, (_, index) => store.admit(askSlot(`u${index}`, 1)));
    expect((await Promise.all(asks)).every(({ admitted }) => admitted)).toBe(true);
    const again = Array.from({ length: 60 }, (_, index) => store.admit(askSlot(`u${index}`, 1)));
    expect((await Promise.all(again)).some(({ admitted }) => admitted)).toBe(false);
    await store.close();
  });

  it('makes one script call for each hash tag in a turn, and every call keeps to one', async () => {
    const prefix = randomPrefix();
    const store = start(prefix);
    await Promise.all([store.admit(askSlot('a', 0)), store.admit(askSlot('b', 0))]);
    await store.takeAccount(askAccounts([candidate('x', 0)]));
    const calls = await watchTurn(cluster.urls, store, prefix);
    await store.close();
    expect(calls).toHaveLength(3);
    for (const [, , keyCount, ...rest] of calls) {
      const tags = rest.slice(0, Number(keyCount)).map((key) => /\{(.+?)\}/.exec(key)?.[1]);
      expect(tags.length).toBeGreaterThan(0);
      expect(new Set(tags).size).toBe(1);
    }
  });

  it('[LIM-11] a master that is frozen: calls fail within the time limit, and work again when it is back', async () => {
    const store = start();
    await store.ping();
    const names = Array.from({ length: 12 }, (_, index) => `u${index}`);
    await Promise.all(names.map((name) => store.admit(askSlot(name, 0))));
    cluster.nodes[1].signal('SIGSTOP');
    try {
      const results = await Promise.allSettled(names.map((name) => store.admit(askSlot(name, 0))));
      const failed = results.filter(({ status }) => status === 'rejected');
      expect(failed.length).toBeGreaterThan(0);
      for (const result of failed)
        expect(result).toMatchObject({ reason: expect.any(StoreUnavailableError) });
    } finally {
      cluster.nodes[1].signal('SIGCONT');
    }
    await vi.waitFor(() => Promise.all(names.map((name) => store.admit(askSlot(name, 0)))), {
      timeout: 60_000,
      interval: 50,
    });
    await store.close();
  });

  it('[AUTH-6] the figure is dropped before anybody hears of it', async () => {
    const prefix = randomPrefix();
    const [admin, node] = [start(prefix), start(prefix)];
    await seedBalance(node, 'a', 5n);
    const heard: (bigint | null)[] = [];
    await node.subscribe(() => void readBalance(node, 'a').then((figure) => heard.push(figure)));
    await admin.publish([{ scope: 'balance', userId: userId('a') }]);
    await vi.waitFor(() => expect(heard).toEqual([null]));
    expect(await node.admit(askBalance('a'))).toMatchObject({ reason: 'purses-unknown' });
    await Promise.all([admin.close(), node.close()]);
  });

  it('[LIM-5] a node hears of its tickets on whichever master it listens', async () => {
    const prefix = randomPrefix();
    const [first, second, third] = cluster.urls;
    const turned = [second, third, first] as const;
    const one = start(prefix);
    const two = startNode(second, prefix, { urls: turned, isCluster: true });
    await Promise.all([one.subscribe(() => {}), two.subscribe(() => {})]);
    for (const name of ['a', 'b', 'c', 'd']) {
      const held = leasesOf(await one.admit(askSlot(name, 1)));
      const ticket = await queueUp(two, askSlot(name, 1, { max: 1, timeoutMs: 60_000 }));
      one.release(held);
      expect((await ticket.outcome).kind).toBe('granted');
      expect(await one.countSlots(userHolder(name))).toBe(1);
    }
    await Promise.all([one.close(), two.close()]);
  });

  it('[LIM-11] a node that is down at the start is passed over', async () => {
    const store = startNode('', randomPrefix(), {
      urls: ['redis://127.0.0.1:1', ...cluster.urls],
      isCluster: true,
      callTimeoutMs: 5_000,
    });
    expect((await store.admit(askSlot('a', 1))).admitted).toBe(true);
    await store.subscribe(() => {});
    await store.close();
  });
});
