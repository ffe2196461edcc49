import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ask,
  askAccounts,
  askRpm,
  askSlot,
  candidate,
  leasesOf,
  queueUp,
  requests,
  userHolder,
  userId,
} from '../contract/harness.ts';
import { StoreUnavailableError } from '../port.ts';
import { PROBE_MS, setUpResilient } from './testing/switchable-store.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('[LIM-11] slots while the primary is away', () => {
  it('gives each node its share, and takes it back where it was given', async () => {
    const { store, state, primary, local } = setUpResilient();
    const before = leasesOf(await store.admit(askSlot('a', 4)));
    state.isGone = true;
    const during = [await store.admit(askSlot('a', 4)), await store.admit(askSlot('a', 4))].flatMap(leasesOf);
    expect(await store.admit(askSlot('a', 4))).toMatchObject({ reason: 'slots', max: 2 });
    store.release([...before, ...during]);
    expect(await local.countSlots(userHolder('a'))).toBe(0);
    expect(await primary.countSlots(userHolder('a'))).toBe(0);
  });

  it('a limit of 1 stays 1 on each node, and 0 stays unlimited', async () => {
    const { store, state } = setUpResilient('local', 4);
    state.isGone = true;
    leasesOf(await store.admit(askSlot('one', 1)));
    expect(await store.admit(askSlot('one', 1))).toMatchObject({ reason: 'slots' });
    for (let times = 0; times < 20; times += 1) leasesOf(await store.admit(askSlot('free', 0)));
  });

  it('who waits locally is granted locally, and gives back locally when the primary is there again', async () => {
    const { store, state, local, primary } = setUpResilient();
    state.isGone = true;
    const running = leasesOf(await store.admit(askSlot('a', 2)));
    const ticket = await queueUp(store, askSlot('a', 2, { max: 5, timeoutMs: 60_000 }));
    state.isGone = false;
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect(store.degraded).toBeNull();
    store.release(running);
    const outcome = await ticket.outcome;
    expect(outcome.kind).toBe('granted');
    expect(await local.countSlots(userHolder('a'))).toBe(1);
    if (outcome.kind === 'granted') store.release(outcome.leases);
    expect(await local.countSlots(userHolder('a'))).toBe(0);
    expect(await primary.countSlots(userHolder('a'))).toBe(0);
  });

  it('a queue is divided too, and a local ticket can be cancelled', async () => {
    const { store, state, local } = setUpResilient();
    state.isGone = true;
    leasesOf(await store.admit(askSlot('a', 2)));
    const queue = { max: 2, timeoutMs: 60_000 };
    const ticket = await queueUp(store, askSlot('a', 2, queue));
    expect(await store.admit(askSlot('a', 2, queue))).toMatchObject({ reason: 'queue-full', max: 1 });
    ticket.cancel();
    expect(await ticket.outcome).toEqual({ kind: 'cancelled' });
    expect(await local.readLoad([userHolder('a')])).toEqual([{ running: 1, waiting: 0 }]);
  });
});

describe('[LIM-11] windows while the primary is away', () => {
  it('gives each node its share of the requests a minute', async () => {
    const { store, state } = setUpResilient();
    state.isGone = true;
    for (let times = 0; times < 5; times += 1) {
      expect(await store.admit(askRpm('a', 10))).toMatchObject({ admitted: true, requests: { limit: 5 } });
    }
    expect(await store.admit(askRpm('a', 10))).toMatchObject({ reason: 'window', limit: 5 });
  });

  it('corrects tokens where they were reserved', async () => {
    const { store, state, local, primary } = setUpResilient();
    const window = {
      ...requests({ kind: 'user', userId: userId('a') }, 100),
      unit: 'tokens',
      cost: 20,
    } as const;
    state.isGone = true;
    const result = await store.admit(ask({ windows: [window] }));
    if (!result.admitted) throw new Error('refused');
    state.isGone = false;
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    const atPrimary = await store.admit(ask({ windows: [window] }));
    store.correctReservation(result.reservations, 3);
    expect(await local.readWindows([window])).toMatchObject([{ used: 3 }]);
    expect(await primary.readWindows([window])).toMatchObject([{ used: 20 }]);
    if (atPrimary.admitted) store.correctReservation(atPrimary.reservations, 4);
    expect(await primary.readWindows([window])).toMatchObject([{ used: 4 }]);
  });

  it('what only the whole limit allows is not the fault of the request', async () => {
    const { store, state } = setUpResilient();
    state.isGone = true;
    const window = { ...requests({ kind: 'user', userId: userId('a') }, 100), unit: 'tokens' } as const;
    await expect(store.admit(ask({ windows: [{ ...window, cost: 60 }] }))).rejects.toThrow(
      StoreUnavailableError,
    );
    expect(await store.admit(ask({ windows: [{ ...window, cost: 101 }] }))).toMatchObject({
      retryAfterMs: null,
    });
  });
});

describe('[LIM-11] the policies', () => {
  it('open: slots and windows are not checked, and slots are still counted', async () => {
    const { store, state, local } = setUpResilient('open');
    state.isGone = true;
    for (let times = 0; times < 5; times += 1) leasesOf(await store.admit(askSlot('a', 1)));
    for (let times = 0; times < 5; times += 1)
      expect((await store.admit(askRpm('a', 1))).admitted).toBe(true);
    expect(store.degraded).toBe('open');
    expect(await local.countSlots(userHolder('a'))).toBe(5);
  });

  it('closed: nothing passes', async () => {
    const { store, state } = setUpResilient('closed');
    state.isGone = true;
    await expect(store.admit(askSlot('a', 1))).rejects.toThrow(StoreUnavailableError);
    await expect(store.takeAccount(askAccounts([candidate('x')]))).rejects.toThrow(StoreUnavailableError);
    expect(store.degraded).toBe('closed');
  });

  it('mistakes of the caller are no outage', async () => {
    const { store } = setUpResilient();
    await expect(store.admit(askSlot('a', 1.5))).rejects.toThrow(RangeError);
    expect(store.degraded).toBeNull();
  });

  it('a store that was closed serves nobody', async () => {
    const { store } = setUpResilient();
    await store.close();
    await expect(store.admit(askSlot('a', 1))).rejects.toThrow(StoreUnavailableError);
    await expect(store.takeAccount(askAccounts([candidate('x')]))).rejects.toThrow(StoreUnavailableError);
    expect(store.degraded).toBeNull();
  });
});

describe('[LIM-11] the circuit', () => {
  it('one failure spares all others the wait, and each change is one line of the log', async () => {
    const { store, state, lines } = setUpResilient();
    state.isGone = true;
    for (let times = 0; times < 50; times += 1) await store.admit(askSlot(`u${times}`, 2));
    await expect(store.getSnapshot('n')).rejects.toThrow(StoreUnavailableError);
    expect(state.asked).toEqual(['admit']);
    expect(lines).toHaveLength(1);
    state.isGone = false;
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect(lines).toHaveLength(2);
    await store.getSnapshot('n');
  });

  it('finds a dead store without traffic', async () => {
    const { store, state } = setUpResilient();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.degraded).toBeNull();
    state.isGone = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.degraded).toBe('local');
  });

  it('a store that answers looks and fails calls is asked less and less often', async () => {
    const { store, state } = setUpResilient();
    let changes = 0;
    for (let second = 0; second < 20; second += 1) {
      state.isGone = true;
      if (store.degraded === null) changes += 1;
      await store.admit(askSlot('a', 0));
      state.isGone = false;
      await vi.advanceTimersByTimeAsync(250);
    }
    // 20 looks of 250 ms each are 5 s: 250, 500, 1000, 2000 ms.
    expect(changes).toBeLessThanOrEqual(5);
  });
});
