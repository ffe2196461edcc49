import { parseUsd } from '@tollgate/core';
import type { AdmitRequest, AdmitResult, Store } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildGroup, buildKey, GROUP_ID, KEY_ID, USER_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { admit } from './admit.ts';

const BALANCE = { kind: 'balance', userId: USER_ID } as const;
/** 23 tokens in at 6 USD a million (a cache write of an hour), 16 out at 15, times 1.5. */
const HOLD = parseUsd('0.000567');

type KeyChanges = Parameters<typeof buildKey>[0];

function setUp(changes: KeyChanges = {}) {
  const services = buildServices();
  const asked: AdmitRequest[] = [];
  const { store } = services;
  const spied = overrideStore(store, {
    admit: (request) => {
      asked.push(request);
      return store.admit(request);
    },
  });
  const run = async (options = { slots: true }, with_: Store = spied) => {
    const { context } = buildParsedContext({}, buildKey(changes));
    const refusal = await admit(context, { ...services, store: with_ }, options);
    return { context, refusal };
  };
  return { ...services, asked, run };
}

describe('admit', () => {
  it('asks for nothing that has no limit, but for the user’s own slot', async () => {
    const { asked, run } = setUp();
    await run();
    expect(asked[0]).toEqual({
      userId: USER_ID,
      windows: [],
      money: { hold: HOLD, purses: [{ purse: BALANCE, limit: null }], note: expect.any(String) },
      checksTokenQuota: false,
      slots: [{ holder: { kind: 'user', userId: USER_ID }, max: 0 }],
      queue: { max: 21, timeoutMs: 60_000, onPursesUnknown: expect.any(Function) },
    });
  });

  it('[LIM-1] [LIM-4] asks for every limit at once: user, user in group, key', async () => {
    const { asked, run } = setUp({
      key: { rpm: 3, concurrency: 2 },
      user: { rpm: 9, concurrency: 5 },
      groups: [buildGroup({ rpm: 6 })],
    });
    await run();
    const request = { unit: 'requests', shape: 'fixed', cost: 1 };
    expect(asked[0]).toEqual({
      userId: USER_ID,
      windows: [
        { subject: { kind: 'user', userId: USER_ID }, limit: 9, ...request },
        { subject: { kind: 'user-group', userId: USER_ID, groupId: GROUP_ID }, limit: 6, ...request },
        { subject: { kind: 'key', userId: USER_ID, keyId: KEY_ID }, limit: 3, ...request },
      ],
      money: { hold: HOLD, purses: [{ purse: BALANCE, limit: null }], note: expect.any(String) },
      checksTokenQuota: false,
      slots: [
        { holder: { kind: 'user', userId: USER_ID }, max: 5 },
        { holder: { kind: 'key', userId: USER_ID, keyId: KEY_ID }, max: 2 },
      ],
      queue: { max: 25, timeoutMs: 60_000, onPursesUnknown: expect.any(Function) },
    });
  });

  it('[API-5] count_tokens takes no slots, but its requests and the money are checked', async () => {
    const { asked, run } = setUp({ user: { concurrency: 1, rpm: 5 } });
    const { context } = await run({ slots: false });
    expect(asked[0]).toMatchObject({ windows: [{ limit: 5 }], money: { hold: 0n, note: null }, slots: [] });
    expect(context.leases).toEqual([]);
  });

  it.each(['0', '0.0', '0.000000'])('[MON-3] a group of multiplier %s is free', async (rateMultiplier) => {
    const { run, source } = setUp({ groups: [buildGroup({ rateMultiplier })] });
    source.balance = parseUsd('0');
    expect((await run()).refusal).toBeNull();
    expect(source.loads).toBe(0);
  });

  it('keeps the leases, and tells the tightest window on the answer', async () => {
    const { run, store } = setUp({ user: { rpm: 9 }, key: { rpm: 3 } });
    const { context, refusal } = await run();
    expect(refusal).toBeNull();
    expect(context.leases).toHaveLength(1);
    expect(context.answerHeaders).toEqual({
      'x-ratelimit-limit-requests': '3',
      'x-ratelimit-remaining-requests': '2',
      'x-ratelimit-reset-requests': '60s',
    });
    expect(await store.countSlots({ kind: 'user', userId: USER_ID })).toBe(1);
  });

  it('[LIM-1] over the limit: 429 that names it, and when it passes', async () => {
    const { clock, run } = setUp({ key: { rpm: 1 } });
    clock.advance(12_345);
    await run();
    expect((await run()).refusal).toMatchObject({
      code: 'rate_limited',
      status: 429,
      message: 'The limit of 1 requests a minute is reached.',
      retryAfterMs: 47_655,
    });
  });

  it('[LIM-5] no slot comes free in time: 429 with Retry-After', async () => {
    const { run } = setUp({ user: { concurrency: 1 }, groups: [buildGroup({ queueTimeoutMs: 60 })] });
    await run();
    expect((await run()).refusal).toMatchObject({
      code: 'concurrency_limited',
      status: 429,
      message: 'No slot, or money that others hold, came free in time: too many concurrent requests.',
      retryAfterMs: 1_000,
    });
  });

  it.each([
    ['0', 'insufficient_balance'],
    ['-1', 'insufficient_balance'],
    ['0.000566999999', 'insufficient_balance'],
    ['0.000567', undefined],
  ])('[MON-4] a balance of %s', async (balance, code) => {
    const { run, source } = setUp();
    source.balance = parseUsd(balance);
    expect((await run()).refusal?.code).toBe(code);
  });

  it('reads the balance from the source once, then from the store', async () => {
    const { run, source } = setUp();
    await run();
    await run();
    // The pool and the purses.
    expect(source.loads).toBe(2);
  });

  it('reads it again when it was moved in the meantime: the old figure does not count', async () => {
    const { run, source, store } = setUp();
    source.balance = parseUsd('0');
    source.during = async () => {
      // The first is the pool.
      if (source.loads > 2) return;
      source.balance = parseUsd('5');
      await store.publish([{ scope: 'balance', userId: USER_ID }]);
    };
    expect((await run()).refusal).toBeNull();
    expect(source.loads).toBe(3);
    expect(await store.readPurses([BALANCE])).toMatchObject([{ amount: parseUsd('5') }]);
  });

  it('gives up after three readings', async () => {
    const { run, source, store } = setUp();
    source.during = () => void store.publish([{ scope: 'balance', userId: USER_ID }]);
    const { refusal, context } = await run();
    expect(refusal).toMatchObject({ code: 'unavailable', status: 503, retryAfterMs: 1_000 });
    expect([source.loads, context.leases.length]).toEqual([1 + 3, 0]);
  });

  it('the balance cannot be read: 503, and nothing is held', async () => {
    const { run, source, store } = setUp();
    source.isGone = true;
    await expect(run()).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    expect(await store.countSlots({ kind: 'user', userId: USER_ID })).toBe(0);
  });

  it('the store is gone: its fault goes on to the pipeline', async () => {
    const { run, store } = setUp();
    const gone = overrideStore(store, { admit: rejectAsGone as () => Promise<AdmitResult> });
    await expect(run({ slots: true }, gone)).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });
});
