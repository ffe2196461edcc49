import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { beginStream, expectFree, expectHeld } from '../contract/long-stream.ts';
import { TEST_TIMINGS, userHolder } from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { randomPrefix, startNode } from './redis-harness.ts';

/** Short, with more heartbeats in it than in life, and long enough for a machine that stands still for some seconds. */
const LEASE_TTL_MS = 8_000;
/** In life there are 40 in 20 minutes. */
const STREAM_LEASES = 4;
const TIMINGS = { ...TEST_TIMINGS, leaseTtlMs: LEASE_TTL_MS, heartbeatMs: 100 };

const prefix = randomPrefix();
let store: Store;
let other: Store;
let admin: Redis;

beforeAll(() => {
  const options = { timings: TIMINGS, callTimeoutMs: 10_000 };
  [store, other] = [
    startNode(inject('redisUrl'), prefix, options),
    startNode(inject('redisUrl'), prefix, options),
  ];
  admin = new Redis(inject('redisUrl'));
});
afterAll(async () => {
  await Promise.all([store.close(), other.close()]);
  const keys = await admin.keys(`${prefix}*`);
  if (keys.length > 0) await admin.del(...keys);
  admin.disconnect();
});

it('[LIM-4] [LIM-12] one stream of 20 minutes, shortened, never loses a slot in Redis to another node', async () => {
  const held = await beginStream(store);
  const endMs = performance.now() + STREAM_LEASES * LEASE_TTL_MS;
  let looks = 0;
  while (performance.now() < endMs) {
    await expectHeld(other);
    looks += 1;
    await sleep(LEASE_TTL_MS / 10);
  }
  expect(looks).toBeGreaterThan(STREAM_LEASES);
  store.release(held);
  // The release goes with the next call of that node.
  await store.countSlots(userHolder('a'));
  await expectFree(other);
});
