import { picoUsd, type Invalidation } from '@tollgate/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ask,
  askBalance,
  askSeedToken,
  askSlot,
  balance,
  buildEmptyHold,
  holdOf,
  keyPurse,
  leasesOf,
  money,
  queueUp,
  readBalance,
  seedBalance,
  userHolder,
  userId,
} from '../contract/harness.ts';
import { StoreUnavailableError, type QueueRequest, type Store } from '../port.ts';
import { PROBE_MS, setUpResilient } from './testing/switchable-store.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TEN = picoUsd(10n);

/** Money that the primary knows, and this node has seen. */
async function seedTen({ store }: ReturnType<typeof setUpResilient>, name = 'a'): Promise<void> {
  await seedBalance(store, name, TEN);
}

const askHold = (hold: bigint, queue: QueueRequest | null = null) => ({
  ...askSlot('a', 2, queue),
  money: money(hold, [balance('a')]),
});

const spendHere = (store: Store, cost: bigint) => store.settleHold(buildEmptyHold('a'), picoUsd(cost));

describe('[LIM-11] money while the primary is away', () => {
  const isRefused = async ({ store }: ReturnType<typeof setUpResilient>): Promise<boolean> =>
    store.admit(askBalance('a')).then(
      () => false,
      (fault: unknown) => fault instanceof StoreUnavailableError,
    );

  it('nobody passes whose balance this node has not seen, under any policy', async () => {
    for (const policy of ['local', 'open', 'closed'] as const) {
      const setUp = setUpResilient(policy);
      setUp.state.isGone = true;
      expect(await isRefused(setUp)).toBe(true);
    }
  });

  it('the figure seen last decides for 60 s, moved by what is settled here', async () => {
    const setUp = setUpResilient();
    await seedTen(setUp);
    setUp.state.isGone = true;
    expect(await setUp.store.admit(askBalance('a'))).toMatchObject({ admitted: true });
    spendHere(setUp.store, 9n);
    expect(await readBalance(setUp.store, 'a')).toBe(1n);
    expect(await setUp.store.admit(askBalance('a'))).toMatchObject({ admitted: true });
    spendHere(setUp.store, 1n);
    expect(await isRefused(setUp)).toBe(true);
  });

  /** One node: its share is the whole. */
  const seeded = async () => {
    const setUp = setUpResilient('local', 1);
    await seedTen(setUp);
    return setUp;
  };

  it('after 60 s nobody knows', async () => {
    const setUp = setUpResilient();
    await seedTen(setUp);
    setUp.state.isGone = true;
    setUp.clock.advance(60_000);
    expect(await setUp.store.admit(askBalance('a'))).toMatchObject({ admitted: true });
    setUp.clock.advance(1);
    expect(await isRefused(setUp)).toBe(true);
  });

  it('whoever is active is read again, so that a store that dies late leaves a fresh figure', async () => {
    const setUp = setUpResilient();
    const { store, primary, clock, state } = setUp;
    await seedTen(setUp);
    clock.advance(50_000);
    // Another node settles.
    spendHere(primary, 4n);
    await store.admit(askBalance('a'));
    await vi.advanceTimersByTimeAsync(100);
    state.isGone = true;
    clock.advance(50_000);
    expect(await readBalance(store, 'a')).toBe(6n);
    expect(await store.admit(askBalance('a'))).toMatchObject({ admitted: true });
  });

  it('a balance that the primary refused, or that was invalidated, is not known here any more', async () => {
    const setUp = setUpResilient();
    const { store, primary, state } = setUp;
    const heard: Invalidation[] = [];
    await store.subscribe((invalidation) => void heard.push(invalidation));
    await seedTen(setUp);
    await primary.publish([{ scope: 'balance', userId: userId('a') }]);
    expect(heard).toHaveLength(1);
    state.isGone = true;
    expect(await isRefused(setUp)).toBe(true);
  });

  it('a seed that the primary does not take counts here', async () => {
    const setUp = setUpResilient();
    const token = await askSeedToken(setUp.store, 'a');
    setUp.state.isGone = true;
    const seeds = [{ purse: balance('a'), amount: TEN, startMs: null }];
    await setUp.store.seedPurses(userId('a'), seeds, 300_000, token);
    expect(await setUp.store.admit(askBalance('a'))).toMatchObject({ admitted: true });
  });

  it('[MON-4] holds of this node count, whichever store has taken them, until they are settled', async () => {
    const { store, state, primary } = await seeded();
    const before = holdOf(await store.admit(askHold(4n)));
    state.isGone = true;
    const during = holdOf(await store.admit(askHold(5n)));
    await expect(store.admit(askHold(2n))).rejects.toThrow(StoreUnavailableError);
    expect(await store.readPurses([balance('a')])).toEqual([{ amount: 10n, held: 9n, startMs: null }]);
    // It takes nothing, so it only asks whether something is there.
    leasesOf(await store.admit({ ...askHold(0n), slots: [] }));
    store.settleHold(before, picoUsd(1n));
    store.settleHold(before, picoUsd(1n));
    const last = holdOf(await store.admit({ ...askHold(4n), slots: [] }));
    expect(await readBalance(store, 'a')).toBe(9n);
    state.isGone = false;
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    for (const hold of [during, last]) store.settleHold(hold, picoUsd(1n));
    expect(await readBalance(primary, 'a')).toBe(8n);
  });

  it('[MON-4] of two nodes each spends its half', async () => {
    const setUp = setUpResilient('local', 2);
    const { store, state } = setUp;
    await seedTen(setUp);
    state.isGone = true;
    await expect(store.admit({ ...askHold(6n), slots: [] })).rejects.toThrow(StoreUnavailableError);
    holdOf(await store.admit({ ...askHold(5n), slots: [] }));
    await expect(store.admit({ ...askHold(1n), slots: [] })).rejects.toThrow(StoreUnavailableError);
  });

  it('[LIM-9] key limits count alike, and windows that end are empty', async () => {
    const { store, state, clock } = setUpResilient('local', 1);
    const day = keyPurse('a', 'k', '1d');
    const request = ask({ money: money(3n, [[day, 10n]]) });
    const asked = await store.admit(request);
    if (asked.admitted || asked.reason !== 'purses-unknown') throw new Error('known');
    const startMs = clock.nowMs() - 86_400_000 + 30_000;
    const seeds = [{ purse: day, amount: picoUsd(8n), startMs }];
    await store.seedPurses(userId('a'), seeds, 300_000, asked.seedToken);
    state.isGone = true;
    await expect(store.admit(request)).rejects.toThrow(StoreUnavailableError);
    clock.advance(30_000);
    const hold = holdOf(await store.admit(request));
    store.settleHold(hold, picoUsd(9n));
    expect(await store.readPurses([day])).toEqual([{ amount: 9n, held: 0n, startMs: clock.nowMs() }]);
    await expect(store.admit(request)).rejects.toThrow(StoreUnavailableError);
  });

  it('[LIM-5] who waited for a slot holds with its grant, and is lost when the money is gone', async () => {
    const { store, state, local } = await seeded();
    state.isGone = true;
    const queue = { max: 9, timeoutMs: 60_000 };
    const first = await store.admit({ ...askHold(4n), slots: askSlot('a', 1).slots });
    const wait = (hold: bigint) => queueUp(store, { ...askHold(hold, queue), slots: askSlot('a', 1).slots });
    const [second, third] = [await wait(6n), await wait(5n)];
    store.release(leasesOf(first));
    const outcome = await second.outcome;
    expect(outcome).toMatchObject({ kind: 'granted', hold: { amount: 6n } });
    if (outcome.kind === 'granted') store.release(outcome.leases);
    expect(await third.outcome).toEqual({ kind: 'lost' });
    expect(await local.readLoad([userHolder('a')])).toEqual([{ running: 0, waiting: 0 }]);
    store.settleHold(holdOf(first), picoUsd(0n));
    second.cancel();
    expect(await store.readPurses([balance('a')])).toMatchObject([{ held: 0n }]);
  });

  it('[LIM-10] who asks for the block flag alone hears that the store is away', async () => {
    const { store, state } = setUpResilient();
    state.isGone = true;
    await expect(store.admit(ask({ checksTokenQuota: true }))).rejects.toThrow(StoreUnavailableError);
    const slots = [{ holder: userHolder('a'), max: 2 }];
    expect(await store.admit(ask({ checksTokenQuota: true, slots }))).toMatchObject({ admitted: true });
  });
});
