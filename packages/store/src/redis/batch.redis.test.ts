import { picoUsd } from '@tollgate/core';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import {
  accountId,
  askBalance,
  askRpm,
  askSeedToken,
  askSlot,
  leasesOf,
  userId,
} from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { randomPrefix, startNode } from './redis-harness.ts';

describe('one turn of the loop', () => {
  let store: Store;
  let prefix: string;
  beforeEach(async () => {
    prefix = randomPrefix();
    store = startNode(inject('redisUrl'), prefix, { callTimeoutMs: 10_000 });
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
    const beating = startNode(inject('redisUrl'), prefix, {
      callTimeoutMs: 10_000,
      timings: { heartbeatMs: 20 },
    });
    const leases = leasesOf(await beating.admit(askSlot('a', 1)));
    const calls = await watch(prefix, async () => {
      beating.release(leases);
      await sleep(150);
    });
    const releases = calls.filter((call) => call.join(' ').includes(leases[0]?.id ?? 'none'));
    expect(releases).toHaveLength(1);
    await beating.close();
  });

  it('a debit after an admission of the same turn is seen by it', async () => {
    await store.seedBalance(userId('a'), picoUsd(5n), 60_000, await askSeedToken(store, 'a'));
    const asked = store.admit(askBalance('a'));
    store.debitBalance(userId('a'), picoUsd(5n));
    expect(await asked).toMatchObject({ reason: 'balance' });
  });

  it('[LIM-1] counters and windows run on the clock minute of Redis, and a counter of another minute is none', async () => {
    const minutes = startNode(inject('redisUrl'), prefix, { callTimeoutMs: 10_000, timings: {} });
    const admin = new Redis(inject('redisUrl'));
    const key = `${prefix}{u:usr_a}:rpm`;
    await admin.set(key, '60000:7');
    const result = await minutes.admit(askRpm('a', 1));
    const [endMs, count] = ((await admin.get(key)) ?? '').split(':').map(Number);
    expect(result).toMatchObject({ admitted: true, rpm: { remaining: 0 } });
    expect(count).toBe(1);
    expect((endMs ?? 1) % 60_000).toBe(0);
    expect(await admin.pttl(key)).toBeLessThanOrEqual(60_000);
    admin.disconnect();
    await minutes.close();
  });

  it('makes one script call for all, which names an account list once', async () => {
    const calls = await watchTurn(store, prefix);
    expect(calls).toHaveLength(1);
    const [, , keyCount, turn = ''] = calls[0] ?? [];
    expect(keyCount).toBe('0');
    expect(turn.match(/acc_x/g)).toHaveLength(2);
  });

  it('on a Cluster makes one script call for each hash tag, and every call keeps to one', async () => {
    const node = startNode(inject('redisUrl'), prefix, { callTimeoutMs: 10_000, isCluster: true });
    await node.ping();
    const calls = await watchTurn(node, prefix);
    await node.close();
    expect(calls).toHaveLength(3);
    for (const [, , keyCount, ...rest] of calls) {
      const tags = rest.slice(0, Number(keyCount)).map((key) => /\{(.+?)\}/.exec(key)?.[1]);
      expect(new Set(tags).size).toBe(1);
    }
  });

  it('[SEL-2] takes of one turn with the same accounts get different slots, also with another list between', async () => {
    const both = ['x', 'y'].map((name) => ({ accountId: accountId(name), max: 1, priority: 0 }));
    const other = [{ accountId: accountId('z'), max: 1, priority: 0 }];
    const asks = [both, both, other, both, other].map((candidates) => store.takeAccount({ candidates }));
    const taken = (await Promise.all(asks)).map((result) => (result.taken ? result.accountId : null));
    expect(taken).toEqual([accountId('x'), accountId('y'), accountId('z'), null, null]);
  });
});

/** The script calls that one turn with operations of two users and of accounts makes. */
function watchTurn(store: Store, prefix: string): Promise<string[][]> {
  const candidates = [{ accountId: accountId('x'), max: 0, priority: 0 }];
  return watch(prefix, () =>
    Promise.all([
      store.admit(askSlot('a', 0)),
      store.takeAccount({ candidates }),
      store.admit(askRpm('a', 9)),
      store.admit(askSlot('b', 0)),
      store.takeAccount({ candidates }),
    ]),
  );
}

/** The commands that name the prefix, from the beginning of `act` to its end. */
async function watch(prefix: string, act: () => Promise<unknown>): Promise<string[][]> {
  const monitor = await new Redis(inject('redisUrl')).monitor();
  const calls: string[][] = [];
  let isOver = false;
  monitor.on('monitor', (_time: string, args: string[], source: string) => {
    if (args[0]?.toLowerCase() === 'get' && args[1] === `${prefix}over`) isOver = true;
    else if (source !== 'lua' && args.some((arg) => arg.includes(prefix))) calls.push(args);
  });
  await act();
  // The monitor hears of commands later than their callers: what it has heard up to this one is all.
  const marker = new Redis(inject('redisUrl'));
  await marker.get(`${prefix}over`);
  await vi.waitFor(() => expect(isOver).toBe(true), { timeout: 5_000, interval: 5 });
  marker.disconnect();
  monitor.disconnect();
  return calls;
}
