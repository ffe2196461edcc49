import { picoUsd } from '@tollgate/core';
import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  accountId,
  ask,
  askAccounts,
  askBalance,
  askRpm,
  askSlot,
  buildEmptyHold,
  candidate,
  flushAccounts,
  leasesOf,
  seedBalance,
  userId,
} from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { randomPrefix, startNode } from './redis-harness.ts';
import { watchCalls, watchTurn } from './watch-turn.ts';

describe('one turn of the loop', () => {
  let server: RedisServer;
  let store: Store;
  let prefix: string;
  // A server of its own: what MONITOR shows of other tests' traffic is too much for its client.
  beforeAll(async () => void (server = await startRedisServer()));
  afterAll(() => server.stop());
  beforeEach(async () => {
    prefix = randomPrefix();
    store = startNode(server.url, prefix, { callTimeoutMs: 10_000 });
    await store.ping();
  });
  afterEach(() => store.close());

  it('[LIM-4] a slot freed after an admission of the same turn is seen by it', async () => {
    const leases = leasesOf(await store.admit(askSlot('a', 1)));
    const asked = store.admit(askSlot('a', 1));
    store.release(leases);
    expect((await asked).admitted).toBe(true);
  });

  it('[LIM-4] a release is sent once, also in a turn of releases only', async () => {
    const beating = startNode(server.url, prefix, {
      callTimeoutMs: 10_000,
      timings: { heartbeatMs: 20 },
    });
    const leases = leasesOf(await beating.admit(askSlot('a', 1)));
    const calls = await watchCalls([server.url], prefix, async () => {
      beating.release(leases);
      await sleep(150);
    });
    // Not the heartbeats before it, which name the lease as well.
    const releases = calls.filter((call) => call.join(' ').includes(`"r",1,"${leases[0]?.id}"`));
    expect(releases).toHaveLength(1);
    await beating.close();
  });

  it('[MON-4] a settlement after an admission of the same turn is seen by it', async () => {
    await seedBalance(store, 'a', 5n);
    const asked = store.admit(askBalance('a'));
    store.settleHold(buildEmptyHold('a'), picoUsd(5n));
    expect(await asked).toMatchObject({ reason: 'money' });
  });

  it('[LIM-1] counters and windows run on the clock minute of Redis, and a counter of another minute is none', async () => {
    const minutes = startNode(server.url, prefix, { callTimeoutMs: 10_000, timings: {} });
    const admin = new Redis(server.url);
    const key = `${prefix}{u:usr_a}:rpm`;
    await admin.set(key, '60000:7');
    const result = await minutes.admit(askRpm('a', 1));
    const [endMs, count] = ((await admin.get(key)) ?? '').split(':').map(Number);
    expect(result).toMatchObject({ admitted: true, requests: { remaining: 0 } });
    expect(count).toBe(1);
    expect((endMs ?? 1) % 60_000).toBe(0);
    expect(await admin.pttl(key)).toBeLessThanOrEqual(60_000);
    admin.disconnect();
    await minutes.close();
  });

  it('[LIM-1] [LIM-2] a counter that goes on keeps the end of its window, also when it is corrected', async () => {
    const windowMs = 1e12; // its end is far from now
    const slow = startNode(server.url, prefix, { callTimeoutMs: 10_000, timings: { windowMs } });
    const admin = new Redis(server.url);
    const key = `${prefix}{u:usr_a}:tpm`;
    const subject = { kind: 'user', userId: userId('a') } as const;
    const tokens = ask({ windows: [{ subject, unit: 'tokens', shape: 'fixed', limit: 100, cost: 30 }] });
    await slow.admit(tokens);
    expect(await admin.pttl(key)).toBeGreaterThan(60_000);
    await admin.pexpire(key, 60_000);
    const counted = await slow.admit(tokens);
    slow.correctReservation(counted.admitted ? counted.reservations : [], 7);
    await flushAccounts(slow);
    expect((await admin.get(key))?.split(':')[1]).toBe('37');
    const leftMs = await admin.pttl(key);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(60_000);
    admin.disconnect();
    await slow.close();
  });

  it('makes one script call for all, which names an account list once', async () => {
    const calls = await watchTurn([server.url], store, prefix);
    expect(calls).toHaveLength(1);
    const [, , keyCount, turn = ''] = calls[0] ?? [];
    expect(keyCount).toBe('0');
    expect(turn.match(/acc_x/g)).toHaveLength(2);
  });

  it('[SEL-2] takes of one turn with the same accounts get different slots, also with another list between', async () => {
    const both = ['x', 'y'].map((name) => candidate(name));
    const other = [candidate('z')];
    const asks = [both, both, other, both, other].map((candidates) =>
      store.takeAccount(askAccounts(candidates)),
    );
    const taken = (await Promise.all(asks)).map((result) => (result.taken ? result.accountId : null));
    expect(taken).toEqual([accountId('x'), accountId('y'), accountId('z'), null, null]);
  });
});
