import type { Clock } from '@tollgate/core';
import { describe, expect, it, vi } from 'vitest';
import { askRpm, askSlot, leasesOf, TEST_TIMINGS, userHolder } from '../contract/harness.ts';
import { describeStoreContract } from '../contract/store-contract.ts';
import { createLocalStore } from './local-store.ts';

class FakeClock implements Clock {
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

describeStoreContract(
  'the in-process store',
  async (ticketRenewMs = TEST_TIMINGS.ticketRenewMs) => {
    const clock = new FakeClock(1.7e12);
    const store = createLocalStore({ clock, timings: { ...TEST_TIMINGS, ticketRenewMs }, random: () => 0 });
    return {
      nodes: [store, store, store],
      advance: async (ms) => clock.advance(ms),
      clock: async () => clock.nowMs(),
      close: () => store.close(),
    };
  },
  500,
);

describe('the in-process store', () => {
  it('[LIM-1] the window is the clock minute: retryAfterMs and resetMs are the rest of it', async () => {
    const clock = new FakeClock(60_000 * 1_000 + 12_345);
    const store = createLocalStore({ clock });
    expect(await store.admit(askRpm('a', 1))).toMatchObject({
      requests: { limit: 1, remaining: 0, resetMs: 47_655 },
    });
    expect(await store.admit(askRpm('a', 1))).toMatchObject({ reason: 'window', retryAfterMs: 47_655 });
    clock.advance(47_654);
    expect(await store.admit(askRpm('a', 1))).toMatchObject({ reason: 'window', retryAfterMs: 1 });
    clock.advance(1);
    expect(await store.admit(askRpm('a', 1))).toMatchObject({
      admitted: true,
      requests: { resetMs: 60_000 },
    });
    await store.close();
  });

  it('[LIM-4] the heartbeat keeps leases alive, and does not bring back what has died and gone', async () => {
    vi.useFakeTimers();
    try {
      const clock = new FakeClock(0);
      const store = createLocalStore({ clock });
      leasesOf(await store.admit(askSlot('a', 1)));
      for (let beat = 0; beat < 10; beat += 1) {
        clock.advance(10_000);
        vi.advanceTimersByTime(10_000);
      }
      expect(await store.countSlots(userHolder('a'))).toBe(1);
      clock.advance(30_000);
      leasesOf(await store.admit(askSlot('a', 1)));
      vi.advanceTimersByTime(10_000);
      expect(await store.countSlots(userHolder('a'))).toBe(1);
      await store.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
