import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { beginStream, expectFree, expectHeld, STREAM_LEASES } from '../contract/long-stream.ts';
import { FakeClock } from '../degraded/testing/switchable-store.ts';
import { LEASE_TTL_MS } from '../port.ts';
import { createLocalStore } from './local-store.ts';

const STEP_MS = 1_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('[LIM-4] [LIM-12] one stream of 20 minutes never loses a slot, in process', async () => {
  const clock = new FakeClock();
  const store = createLocalStore({ clock });
  const held = await beginStream(store);
  const endMs = clock.nowMs() + STREAM_LEASES * LEASE_TTL_MS;
  expect(endMs - clock.nowMs()).toBe(20 * 60_000);
  while (clock.nowMs() < endMs) {
    clock.advance(STEP_MS);
    vi.advanceTimersByTime(STEP_MS);
    await expectHeld(store);
  }
  store.release(held);
  await expectFree(store);
  await store.close();
});
