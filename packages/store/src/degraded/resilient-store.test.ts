import { picoUsd, type Invalidation } from '@tollgate/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  accountHolder,
  accountId,
  ask,
  askAccounts,
  askBalance,
  askRpm,
  askSeedToken,
  askSlot,
} from '../contract/harness.ts';
import {
  balance,
  buildEmptyHold,
  holdOf,
  keyPurse,
  money,
  readBalance,
  seedBalance,
} from '../contract/harness.ts';
import { candidate, leasesOf, queueUp, requests, takenOf, userHolder, userId } from '../contract/harness.ts';
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

describe('[LIM-11] accounts while the primary is away', () => {
  const costly = candidate('x', 4, { windowCost: { limit: '10' as never, reserve: '5' as never } });

  it('divides their slots, gives them back where they came from, and goes on to the next account', async () => {
    const { store, state, primary, local } = setUpResilient();
    const request = askAccounts([candidate('x', 2), candidate('y', 2, { priority: 60 })]);
    const before = takenOf(await store.takeAccount(request));
    state.isGone = true;
    const during = [takenOf(await store.takeAccount(request)), takenOf(await store.takeAccount(request))];
    expect(during.map((taken) => taken.accountId)).toEqual([accountId('x'), accountId('y')]);
    expect(await store.takeAccount(request)).toMatchObject({ taken: false, reason: 'none' });
    store.release([before, ...during].map(({ lease }) => lease));
    for (const account of ['x', 'y'])
      for (const part of [primary, local]) expect(await part.countSlots(accountHolder(account))).toBe(0);
  });

  it('knows what this node has learnt: a rate limit stands', async () => {
    const { store, state } = setUpResilient();
    const about = { accountId: accountId('x'), upstreamModel: null };
    store.reportAccount({ ...about, kind: 'block', state: 'rate-limited', untilMs: 60_000, reason: 'r' });
    state.isGone = true;
    expect(await store.takeAccount(askAccounts([candidate('x')]))).toMatchObject({
      taken: false,
      exclusions: [{ reason: 'rate-limited' }],
    });
  });

  it('[ACC-3] an undecided probe gives its place back in the store that gave it', async () => {
    const { store, state, clock, primary, local } = setUpResilient();
    const about = { accountId: accountId('x'), upstreamModel: null };
    const listProbing = async (part: typeof store) =>
      (await part.listAccountStates([about.accountId])).map(({ isProbing }) => isProbing);
    store.reportAccount({ ...about, kind: 'block', state: 'error', untilMs: 1_000, reason: 'r' });
    clock.advance(1_000);
    const ofPrimary = takenOf(await store.takeAccount(askAccounts([candidate('x')])));
    expect([await listProbing(primary), await listProbing(local)]).toEqual([[true], [false]]);
    store.reportAccount({ ...about, kind: 'undecided' }, ofPrimary.lease.id);
    expect([await listProbing(primary), await listProbing(local)]).toEqual([[false], [false]]);
    state.isGone = true;
    const ofNode = takenOf(await store.takeAccount(askAccounts([candidate('x')])));
    expect([ofNode.isProbe, await listProbing(local)]).toEqual([true, [true]]);
    store.reportAccount({ ...about, kind: 'undecided' }, ofNode.lease.id);
    expect(await listProbing(local)).toEqual([false]);
  });

  it('[LIM-8] an account with a cost limit is closed, unless its figure was seen in the last minute', async () => {
    const { store, state, clock } = setUpResilient();
    const asked = await store.takeAccount(askAccounts([costly]));
    if (asked.taken || asked.reason !== 'window-cost-unknown') throw new Error('known');
    const window = { startMs: clock.nowMs(), endMs: clock.nowMs() + 3_600_000 };
    state.isGone = true;
    expect(await store.takeAccount(askAccounts([costly]))).toMatchObject({
      exclusions: [{ accountId: accountId('x'), reason: 'window-cost' }],
    });
    await store.seedWindowCost(accountId('x'), window, picoUsd(9n), asked.seedTokens[0] ?? '');
    takenOf(await store.takeAccount(askAccounts([costly])));
    store.addWindowCost(accountId('x'), picoUsd(1n));
    expect(await store.takeAccount(askAccounts([costly]))).toMatchObject({ taken: false });
  });

  it('[LIM-8] figures of active accounts are read from the primary', async () => {
    const { store, state, clock, primary } = setUpResilient();
    const asked = await primary.takeAccount(askAccounts([costly]));
    if (asked.taken || asked.reason !== 'window-cost-unknown') throw new Error('known');
    const window = { startMs: clock.nowMs(), endMs: clock.nowMs() + 3_600_000 };
    await primary.seedWindowCost(accountId('x'), window, picoUsd(1n), asked.seedTokens[0] ?? '');
    takenOf(await store.takeAccount(askAccounts([costly])));
    await vi.advanceTimersByTimeAsync(100);
    state.isGone = true;
    takenOf(await store.takeAccount(askAccounts([costly])));
    clock.advance(60_001);
    expect(await store.takeAccount(askAccounts([costly]))).toMatchObject({ taken: false });
  });

  it('[LIM-7] a registration is undone where it was made', async () => {
    const { store, state, local } = setUpResilient();
    state.isGone = true;
    const account = candidate('x', 4, { sessionsMax: 2, sessionIdleMs: 60_000 });
    const taken = takenOf(await store.takeAccount(askAccounts([account], { session: 's' })));
    expect(await local.countSessions([accountId('x')])).toEqual([1]);
    state.isGone = false;
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    if (taken.registeredSession) store.releaseSession(taken.registeredSession);
    expect(await local.countSessions([accountId('x')])).toEqual([0]);
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
