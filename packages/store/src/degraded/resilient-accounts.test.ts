import { picoUsd } from '@tollgate/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accountHolder, accountId, askAccounts, candidate, takenOf } from '../contract/harness.ts';
import { PROBE_MS, setUpResilient } from './testing/switchable-store.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
