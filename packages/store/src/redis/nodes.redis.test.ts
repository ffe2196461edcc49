import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NodeAbout, NodeState } from '../node-port.ts';
import type { Store } from '../port.ts';
import { randomPrefix, startNode } from './redis-harness.ts';
import { startWire } from './redis-wire.ts';
import { TEST_TIMINGS } from '../contract/harness.ts';

const BACK = { timeout: 30_000, interval: 25 };
const ABOUT: NodeAbout = { startedAtMs: 1.7e12, version: '1.2.3', label: null, inFlight: 0 };
const LOST = 5;

describe('the register of nodes', () => {
  let server: RedisServer;
  let admin: Redis;
  let prefix: string;
  let watcher: Store;
  const stores: Store[] = [];

  const start = (options: Parameters<typeof startNode>[2] = {}, url = server.url): Store => {
    const store = startNode(url, prefix, options);
    stores.push(store);
    return store;
  };
  /** A node that serves: it has announced itself and listens. */
  const startServing = async (options: Parameters<typeof startNode>[2] = {}, url = server.url) => {
    const store = start(options, url);
    const heard: string[] = [];
    await store.subscribe(({ scope }) => heard.push(scope));
    store.announce(() => ABOUT);
    return { store, heard };
  };
  const list = async (): Promise<NodeState[]> => (await watcher.listNodes()).nodes;
  const listNumbers = async () => (await list()).map(({ number }) => number);

  beforeAll(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url);
    admin.on('error', () => {});
  });
  beforeEach(() => {
    prefix = randomPrefix();
    watcher = start({ isNode: false });
  });
  afterEach(async () => {
    server.signal('SIGCONT');
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  it('[AUTH-6] a node that leaves is gone at once, with its words; one that only watches is never listed', async () => {
    const { store } = await startServing();
    await vi.waitFor(async () => expect(await list()).toHaveLength(1));
    await store.close();
    await vi.waitFor(async () => expect(await list()).toEqual([]));
    expect(await admin.hlen(`${prefix}{inv}:words`)).toBe(0);
  });

  it('[AUTH-6] a node that is killed grows silent and falls out, with its words', async () => {
    const wire = await startWire(server.url);
    await startServing({}, wire.url);
    await vi.waitFor(async () => expect(await list()).toMatchObject([{ about: ABOUT }]));
    wire.cut();
    const [id] = await admin.zrange(`${prefix}{inv}:nodes`, '0', '-1');
    await admin.zincrby(`${prefix}{inv}:nodes`, -20_000, id ?? '');
    const [silent] = await list();
    expect(silent?.silentMs).toBeGreaterThanOrEqual(20_000);
    await admin.zincrby(`${prefix}{inv}:nodes`, -10_000, id ?? '');
    expect(await list()).toEqual([]);
    // The next heartbeat of any node clears up.
    await startServing();
    await vi.waitFor(async () => expect(await list()).toHaveLength(1));
    expect(await admin.hkeys(`${prefix}{inv}:words`)).not.toContain(id);
  });

  it.each([
    ['no JSON', '{"s":'],
    ['other JSON', '[1]'],
    ['null', 'null'],
    ['words of another shape', '{"s":"soon","v":1,"n":7}'],
  ])('[AUTH-6] of a node with %s nothing is believed', async (_name, words) => {
    await admin.zadd(`${prefix}{inv}:nodes`, Date.now() + 20_000, 'nod_x');
    await admin.hset(`${prefix}{inv}:words`, 'nod_x', words);
    expect(await list()).toMatchObject([{ id: 'nod_x', about: null, number: null }]);
  });

  it('[AUTH-4] a node of an older version, which has no words, is listed all the same', async () => {
    await admin.zadd(`${prefix}{inv}:nodes`, Date.now() + 20_000, 'nod_old');
    expect(await list()).toMatchObject([{ id: 'nod_old', about: null, number: null }]);
  });

  it('[AUTH-6] a message that is lost is not acknowledged before everything was dropped', async () => {
    const timings = { ...TEST_TIMINGS, checkMs: 50 };
    const { store, heard } = await startServing({ timings });
    const number = await store.publish([{ scope: 'key', keyHash: 'h' }]);
    await vi.waitFor(async () => expect(await listNumbers()).toEqual([number]));
    // Published by the numbers, and never sent.
    await admin.incr(`${prefix}{inv}:n`);
    await vi.waitFor(async () => {
      const seen = [...heard];
      const [acknowledged = 0] = await listNumbers();
      if ((acknowledged ?? 0) > number) expect(seen).toContain('all');
      expect(acknowledged).toBe(number + 1);
    }, BACK);
    expect(heard).toEqual(['key', 'all']);
  });

  it('[AUTH-6] after a text that nobody understands, what is lost is not taken for heard', async () => {
    const { store, heard } = await startServing();
    const number = await store.publish([{ scope: 'key', keyHash: 'h' }]);
    await admin.publish(`${prefix}{inv}:news`, 'garbage');
    await admin.incrby(`${prefix}{inv}:n`, LOST);
    await store.publish([{ scope: 'balance', userId: 'usr_a' }]);
    await vi.waitFor(() => expect(heard).toEqual(['key', 'all', 'all']), BACK);
    await vi.waitFor(async () => expect(await listNumbers()).toEqual([number + LOST + 1]));
  });

  it('[AUTH-6] a Redis that comes back empty: the node drops all, is listed again, acknowledges what comes', async () => {
    const own = await startRedisServer();
    const away = startNode(own.url, prefix);
    const heard: string[] = [];
    try {
      await away.subscribe(({ scope }) => heard.push(scope));
      away.announce(() => ABOUT);
      const before = await away.publish([{ scope: 'key', keyHash: 'h' }]);
      own.signal('SIGKILL');
      await vi.waitFor(() => expect(away.ping()).rejects.toThrow(), BACK);
      const again = await startRedisServer({ port: own.port });
      try {
        await vi.waitFor(() => expect(heard.at(-1)).toBe('all'), BACK);
        const number = await vi.waitFor(() => away.publish([{ scope: 'key', keyHash: 'i' }]), BACK);
        expect(number).toBeGreaterThan(before);
        // Which comes first, the answer to who publishes or the message, is the loop's matter.
        await vi.waitFor(async () => {
          const { nodes } = await away.listNodes();
          expect(nodes).toMatchObject([{ number, about: ABOUT }]);
        }, BACK);
      } finally {
        await away.close();
        await again.stop();
      }
    } finally {
      await away.close();
      await own.stop();
    }
  });

  it('[AUTH-6] while Redis is frozen nothing is acknowledged; the last number is told when it is back', async () => {
    const { store } = await startServing();
    const number = await store.publish([{ scope: 'key', keyHash: 'h' }]);
    server.signal('SIGSTOP');
    await expect(store.publish([{ scope: 'all' }])).rejects.toThrow();
    server.signal('SIGCONT');
    // Redis ran it late: it was published after all.
    await vi.waitFor(async () => expect(await listNumbers()).toEqual([number + 1]), BACK);
  });
});
