import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ask,
  askSlot,
  leasesOf,
  queueUp,
  requests,
  TEST_TIMINGS,
  userHolder,
  userId,
} from '../contract/harness.ts';
import { StoreUnavailableError, type Store, type Ticket } from '../port.ts';
import type { Timings } from '../timings.ts';
import { CALL_TIMEOUT_MS, randomPrefix, startNode } from './redis-harness.ts';
import { startWire, type Wire } from './redis-wire.ts';

const BACK = { timeout: 30_000, interval: 25 };
const QUEUE = { max: 10, timeoutMs: 60_000 };
const wait = (name: string) => askSlot(name, 1, QUEUE);

async function grantedLeases(ticket: Ticket) {
  const outcome = await ticket.outcome;
  if (outcome.kind !== 'granted') throw new Error(`not granted: ${outcome.kind}`);
  return outcome.leases;
}

describe('queues when something fails', () => {
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
  const startOnWire = async (timings: Partial<Timings>): Promise<{ store: Store; wire: Wire }> => {
    const wire = await startWire(server.url);
    wires.push(wire);
    return { store: start(timings, wire.url), wire };
  };
  const load = async (store: Store) => (await store.readLoad([userHolder('a')]))[0];

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

  it('[LIM-5] a message that was lost is made up for when the node listens again', async () => {
    const [one, two] = [start(), start()];
    await two.subscribe(() => {});
    const held = leasesOf(await one.admit(wait('a')));
    const ticket = await queueUp(two, wait('a'));
    await admin.call('client', 'kill', 'type', 'pubsub');
    one.release(held);
    expect(await grantedLeases(ticket)).toHaveLength(1);
  });

  it('[LIM-5] a message that was lost is made up for by the next renewal', async () => {
    const [one, two] = [start(), start({ ticketRenewMs: 100 })];
    const held = leasesOf(await one.admit(wait('a')));
    const ticket = await queueUp(two, wait('a'));
    // Whoever publishes to the node speaks into the void.
    const key = `${prefix}{u:usr_a}:qt`;
    const packed = JSON.parse((await admin.hget(key, ticket.id)) ?? '') as unknown[];
    await admin.hset(key, ticket.id, JSON.stringify(['nod_elsewhere', ...packed.slice(1)]));
    one.release(held);
    expect(await grantedLeases(ticket)).toHaveLength(1);
  });

  it('[LIM-5] a place is kept far beyond its time, and so are the leases of its grant', async () => {
    const timings = { ticketTtlMs: 5_000, ticketRenewMs: 100, leaseTtlMs: 5_000, heartbeatMs: 100 };
    const [one, two] = [start(timings), start(timings)];
    const held = leasesOf(await one.admit(wait('a')));
    const ticket = await queueUp(two, wait('a'));
    await sleep(7_000);
    expect(await load(one)).toEqual({ running: 1, waiting: 1 });
    one.release(held);
    await grantedLeases(ticket);
    await sleep(7_000);
    expect(await load(one)).toEqual({ running: 1, waiting: 0 });
  });

  it('[LIM-5] a node that is killed while it waits takes its place with it', async () => {
    const timings = { ticketTtlMs: 5_000, ticketRenewMs: 100 };
    const one = start(timings);
    const killed = await startOnWire(timings);
    const held = leasesOf(await one.admit(wait('a')));
    const dead = await queueUp(killed.store, wait('a'));
    const next = await queueUp(one, wait('a'));
    killed.wire.cut();
    expect(await dead.outcome).toEqual({ kind: 'lost' });
    await vi.waitFor(async () => expect(await load(one)).toEqual({ running: 1, waiting: 1 }), BACK);
    one.release(held);
    expect(await grantedLeases(next)).toHaveLength(1);
  });

  it('[LIM-4] a node that is killed as it is granted gives the slot back within the lease time', async () => {
    const timings = { leaseTtlMs: 5_000, ticketTtlMs: 10_000, ticketRenewMs: 50 };
    const one = start(timings);
    const killed = await startOnWire(timings);
    const held = leasesOf(await one.admit(wait('a')));
    await queueUp(killed.store, wait('a'));
    const next = await queueUp(one, wait('a'));
    killed.wire.cut();
    one.release(held);
    expect(await load(one)).toEqual({ running: 1, waiting: 1 });
    expect(await grantedLeases(next)).toHaveLength(1);
  });

  it('[LIM-11] frozen: who waits hears soon that the place is lost; nothing is left behind', async () => {
    const store = start({ ticketRenewMs: 100 });
    const held = leasesOf(await store.admit(wait('a')));
    const ticket = await queueUp(store, wait('a'));
    server.signal('SIGSTOP');
    expect(await ticket.outcome).toEqual({ kind: 'lost' });
    server.signal('SIGCONT');
    await vi.waitFor(async () => expect(await load(store)).toEqual({ running: 1, waiting: 0 }), BACK);
    store.release(held);
    expect((await store.admit(wait('a'))).admitted).toBe(true);
  });

  it('[LIM-11] any call that fails finds out about the tickets, not only their renewal', async () => {
    const store = start();
    leasesOf(await store.admit(wait('a')));
    const ticket = await queueUp(store, wait('a'));
    server.signal('SIGSTOP');
    await expect(store.admit(wait('b'))).rejects.toThrow(StoreUnavailableError);
    expect(await ticket.outcome).toEqual({ kind: 'lost' });
  });

  it('[LIM-5] a place that Redis gave too late is given back, with what it counted', async () => {
    const store = start();
    leasesOf(await store.admit(wait('a')));
    server.signal('SIGSTOP');
    const window = requests({ kind: 'user', userId: userId('a') }, 9);
    const late = store.admit({ ...wait('a'), windows: [window] });
    await expect(late).rejects.toThrow(`within ${CALL_TIMEOUT_MS} ms`);
    server.signal('SIGCONT');
    await vi.waitFor(async () => expect(await load(store)).toEqual({ running: 1, waiting: 0 }), BACK);
    expect(await store.readWindows([window])).toMatchObject([{ used: 0 }]);
  });

  it('[LIM-5] a leaving that Redis hears twice gives back once', async () => {
    const { store, wire } = await startOnWire({});
    leasesOf(await store.admit(wait('a')));
    const windows = [requests({ kind: 'user', userId: userId('a') }, 9)];
    leasesOf(await store.admit(ask({ windows })));
    const leaves = await queueUp(store, { ...wait('a'), windows });
    server.signal('SIGSTOP');
    leaves.cancel();
    await sleep(50);
    wire.drop(); // Redis has the call, its answer finds nobody
    server.signal('SIGCONT');
    await vi.waitFor(() => store.ping(), BACK);
    await sleep(300);
    expect(await load(store)).toEqual({ running: 1, waiting: 0 });
    expect(await store.readWindows(windows)).toMatchObject([{ used: 1 }]);
  });

  it('[LIM-5] FLUSHALL: who waits hears that the place is lost', async () => {
    const store = start({ ticketRenewMs: 50 });
    leasesOf(await store.admit(wait('a')));
    const ticket = await queueUp(store, wait('a'));
    await admin.flushall();
    expect(await ticket.outcome).toEqual({ kind: 'lost' });
  });

  it('[LIM-5] connections cut for a moment lose nobody', async () => {
    const store = start({ ticketRenewMs: 50 });
    const held = leasesOf(await store.admit(wait('a')));
    const ticket = await queueUp(store, wait('a'));
    await admin.call('client', 'kill', 'type', 'normal', 'skipme', 'yes');
    await vi.waitFor(() => store.ping(), BACK);
    store.release(held);
    expect(await grantedLeases(ticket)).toHaveLength(1);
  });

  it.each(['', 'null', '{"a":1}', '[1,null,[],["x"],["lse_x",9,1]]', '['])(
    'garbage in a node’s channel is passed over: %s',
    async (text) => {
      const [one, two] = [start(), start()];
      await two.subscribe(() => {});
      const held = leasesOf(await one.admit(wait('a')));
      const ticket = await queueUp(two, wait('a'));
      const channels = (await admin.pubsub('CHANNELS', `${prefix}*node*`)) as string[];
      for (const channel of channels) await admin.publish(channel, text);
      one.release(held);
      expect(await grantedLeases(ticket)).toHaveLength(1);
    },
  );

  it('[LIM-11] every node knows how many there are, and keeps it while the store is gone', async () => {
    const timings = { heartbeatMs: 50 };
    const one = start(timings);
    await one.ping();
    expect(one.nodeCount).toBe(1);
    const two = start(timings);
    const watcher = startNode(server.url, prefix, {
      isNode: false,
      timings: { ...TEST_TIMINGS, ...timings },
    });
    stores.push(watcher);
    await vi.waitFor(
      () => expect([one, two, watcher].map(({ nodeCount }) => nodeCount)).toEqual([2, 2, 2]),
      BACK,
    );
    await two.close();
    await vi.waitFor(() => expect([one, watcher].map(({ nodeCount }) => nodeCount)).toEqual([1, 1]), BACK);
    const three = start(timings);
    await vi.waitFor(() => expect(one.nodeCount).toBe(2), BACK);
    server.signal('SIGSTOP');
    await expect(three.ping()).rejects.toThrow(StoreUnavailableError);
    expect(one.nodeCount).toBe(2);
  });
});
