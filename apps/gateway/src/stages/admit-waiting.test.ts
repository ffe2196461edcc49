import { parseUsd } from '@tollgate/core';
import type { Store } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildGroup, buildKey, USER_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { overrideStore } from '../testing/override-store.ts';
import { admit } from './admit.ts';

const TOKENS = { subject: { kind: 'user', userId: USER_ID }, unit: 'tokens', shape: 'fixed' } as const;
const REQUESTS = { ...TOKENS, unit: 'requests' } as const;

/** One slot, which the first request holds. */
async function setUp(user: Parameters<typeof buildKey>[0] = {}, queueTimeoutMs = 60_000) {
  const services = buildServices();
  const { store } = services;
  const key = buildKey({
    user: { concurrency: 1, rpm: 100, tpm: 100_000, ...user.user },
    groups: [buildGroup({ queueTimeoutMs })],
  });
  const start = (with_: Store = store) => {
    const built = buildParsedContext({}, key);
    return { ...built, refusal: admit(built.context, { ...services, store: with_ }, { slots: true }) };
  };
  const first = start();
  await first.refusal;
  const readUse = async () => (await store.readWindows([REQUESTS, TOKENS])).map(({ used }) => used);
  const perRequest = (await readUse())[1] ?? 0;
  const settleDown = () => new Promise(setImmediate);
  return { ...services, first, start, readUse, perRequest, settleDown };
}

describe('admit: waiting for a slot', () => {
  it('[LIM-5] a slot that comes free is granted, with all that was counted', async () => {
    const { first, start, store, readUse, perRequest, settleDown } = await setUp();
    const second = start();
    await settleDown();
    store.release(first.context.leases);
    expect(await second.refusal).toBeNull();
    expect([second.context.leases.length, second.context.reservations.length]).toEqual([1, 1]);
    expect(await readUse()).toEqual([2, 2 * perRequest]);
  });

  it('[LIM-2] [LIM-6] the state of the limits is there while it waits: a ping may send the head', async () => {
    const { start, settleDown } = await setUp();
    const { context, writer, refusal } = start();
    await settleDown();
    expect(context.answerHeaders).toMatchObject({
      'x-ratelimit-remaining-requests': '98',
      'x-ratelimit-limit-tokens': '100000',
      'x-ratelimit-reset-tokens': '60s',
    });
    expect(context.reservations).toEqual([]);
    writer.leave();
    await refusal;
  });

  it('[LIM-5] the time is over: 429, and nothing stays counted', async () => {
    const { start, readUse, perRequest } = await setUp({}, 30);
    const { context, refusal } = start();
    expect(await refusal).toMatchObject({ code: 'concurrency_limited', status: 429, retryAfterMs: 1_000 });
    expect([context.leases, context.reservations]).toEqual([[], []]);
    expect(await readUse()).toEqual([1, perRequest]);
  });

  it('[LIM-5] the place is lost with the store: 503', async () => {
    const { start, store, settleDown } = await setUp();
    const { refusal, context } = start();
    await settleDown();
    await store.close();
    expect(await refusal).toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
    expect([context.leases, context.reservations]).toEqual([[], []]);
  });

  it('[REQ-7] a client that leaves frees its place at once; the next one behind goes', async () => {
    const { first, start, store, readUse, perRequest, settleDown } = await setUp();
    const [second, third] = [start(), start()];
    await settleDown();
    second.writer.leave();
    expect(await second.refusal).toMatchObject({ code: 'client_closed' });
    expect(await readUse()).toEqual([2, 2 * perRequest]);
    store.release(first.context.leases);
    expect(await third.refusal).toBeNull();
  });

  it('[LIM-2] [REQ-7] a client that leaves as the grant comes gives everything back, and once only', async () => {
    const { first, start, store, readUse, perRequest } = await setUp();
    const { context, writer, refusal } = start(
      overrideStore(store, {
        async admit(request) {
          const result = await store.admit(request);
          // Between the answer and the wait: granted, then left.
          store.release(first.context.leases);
          writer.leave();
          return result;
        },
      }),
    );
    expect(await refusal).toMatchObject({ code: 'client_closed' });
    expect([context.leases, context.reservations]).toEqual([[], []]);
    expect(await readUse()).toEqual([1, perRequest]);
    expect(await store.countSlots({ kind: 'user', userId: USER_ID })).toBe(0);
  });

  it('[LIM-5] as many wait as may: 429 at once', async () => {
    const { start, settleDown } = await setUp({ user: { queueMax: 1 } });
    const second = start();
    await settleDown();
    const { refusal } = start();
    expect(await refusal).toMatchObject({
      code: 'queue_full',
      status: 429,
      message: 'too many pending requests',
      retryAfterMs: 1_000,
    });
    second.writer.leave();
    await second.refusal;
  });

  it('[REQ-1] [LIM-1] money that was spent during the wait: 403, and nothing is held or counted', async () => {
    const { first, start, store, settleDown, readUse, perRequest } = await setUp();
    const { refusal, context } = start();
    await settleDown();
    first.context.money.bill(parseUsd('10'));
    first.context.money.settle(store);
    store.release(first.context.leases);
    expect(await refusal).toMatchObject({ code: 'insufficient_balance', status: 403 });
    expect([context.leases, context.reservations]).toEqual([[], []]);
    expect(await readUse()).toEqual([1, perRequest]);
    expect(await store.countSlots({ kind: 'user', userId: USER_ID })).toBe(0);
  });

  it('[REQ-1] [LIM-1] [LIM-10] a token quota that was used up during the wait: refused, and nothing stays counted', async () => {
    const { first, start, store, quotaSource, clock, settleDown, readUse } = await setUp({
      user: { tokenLimit: 1_000 },
    });
    quotaSource.quotas.set(USER_ID, { limit: 1_000, usage: 0, lastResetAtMs: clock.nowMs() });
    // The first request had no row: nobody held the slot.
    const holder = start();
    await holder.refusal;
    const before = await readUse();
    const { refusal } = start();
    await settleDown();
    await store.blockTokenQuota(USER_ID, 60_000);
    store.release([...first.context.leases, ...holder.context.leases]);
    expect(await refusal).toMatchObject({ code: 'token_quota_exceeded', retryAfterMs: 60_000 });
    expect(await readUse()).toEqual(before);
  });

  it('[LIM-1] a request that is larger than the limit is told not to come again', async () => {
    const { start } = await setUp({ user: { tpm: 1 } });
    const { refusal } = start();
    expect(await refusal).toMatchObject({
      code: 'rate_limited',
      shouldRetry: false,
      retryAfterMs: undefined,
    });
  });
});
