import {
  DEFAULT_DEADLINES,
  parseUsd,
  TollgateError,
  type AccountId,
  type AccountSnapshot,
} from '@tollgate/core';
import type { AccountExclusion, Store, TakeAccountRequest, TakeAccountResult } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildAccount, buildGroup, buildKey, MODEL, USER_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { overrideStore } from '../testing/override-store.ts';
import type { RecordingWriter } from '../testing/recording-writer.ts';
import type { PickedAccount } from './picked-account.ts';
import { takeAccount } from './take-account.ts';

const A = 'acc_a' as AccountId;
const B = 'acc_b' as AccountId;
const account = (id: AccountId, changes: Partial<AccountSnapshot> = {}) => buildAccount({ id, ...changes });
const block = (accountId: AccountId, state: 'rate-limited' | 'overloaded', untilMs: number) =>
  ({ accountId, upstreamModel: null, kind: 'block', state, untilMs, reason: 'test' }) as const;

function setUp(accounts: AccountSnapshot[] = [account(A)], totalMs = DEFAULT_DEADLINES.totalMs) {
  const services = buildServices();
  const asked: TakeAccountRequest[] = [];
  const writers: RecordingWriter[] = [];
  const eligible = accounts.map((each) => ({ account: each, upstreamModel: MODEL }));
  const group = buildGroup({ deadlines: { ...DEFAULT_DEADLINES, totalMs } });
  const start = (content = 'Hi', store: Store = services.store, session?: string) => {
    const messages = [{ role: 'user', content }];
    const key = buildKey({ groups: [group] });
    const headers: [string, string][] = session === undefined ? [] : [['x-session-id', session]];
    const { context, writer } = buildParsedContext({ messages }, key, { headers });
    writers.push(writer);
    const spied = overrideStore(store, {
      takeAccount: (request) => {
        asked.push(request);
        return store.takeAccount(request);
      },
    });
    return { context, writer, result: takeAccount(context, eligible, { ...services, store: spied }) };
  };
  const take = async (content?: string): Promise<PickedAccount> => {
    const picked = await start(content).result;
    if (picked instanceof TollgateError) throw picked;
    return picked;
  };
  const countHeld = (id: AccountId) => services.store.countSlots({ kind: 'account', accountId: id });
  return { ...services, asked, writers, start, take, countHeld, eligible };
}

const settleDown = () => new Promise(setImmediate);

describe('take-account', () => {
  it('[SEL-4] a session stays on its account, another goes its own way', async () => {
    const { take } = setUp([account(A, { concurrency: 9 }), account(B, { concurrency: 9 })]);
    const first = await take('one');
    expect((await take('one')).account.id).toBe(first.account.id);
    expect((await take('two')).account.id).not.toBe(first.account.id);
  });

  it('[SEL-3] waits: few and long for the sticky account, more and shorter for others', async () => {
    const { start, asked } = setUp();
    await start('Hi', undefined, 'ses').result;
    expect(asked[0]?.wait).toEqual({
      stickyMax: 3,
      stickyTimeoutMs: 45_000,
      max: 100,
      timeoutMs: 30_000,
    });
    expect(asked[0]).toMatchObject({ userId: USER_ID, weight: 1, sticky: { ttlMs: 3_600_000 } });
  });

  it('[SEL-3] [SESS-1] equal first texts alone: nobody waits for the sticky account while another is free', async () => {
    const { start, store, writers } = setUp([account(A), account(B)]);
    const picked = [start('Hi').result, start('Hi').result];
    await settleDown();
    const loads = await store.readLoad([A, B].map((accountId) => ({ kind: 'account', accountId })));
    for (const writer of writers) writer.leave();
    expect(loads).toEqual([
      { running: 1, waiting: 0 },
      { running: 1, waiting: 0 },
    ]);
    const ids = (await Promise.all(picked)).map((each) => (each as PickedAccount).account.id);
    expect(ids.toSorted()).toEqual([A, B]);
  });

  it('[SEL-3] [SESS-1] a session that the client named waits for its account', async () => {
    const { start, store } = setUp([account(A), account(B)]);
    const first = (await start('Hi', undefined, 'ses').result) as PickedAccount;
    const second = start('Hello', undefined, 'ses');
    await settleDown();
    if (first.lease) store.release([first.lease]);
    expect(await second.result).toMatchObject({ account: { id: first.account.id } });
  });

  it('[SEL-3] [REQ-7] no wait goes beyond the request’s own deadline; after it there is none', async () => {
    const { start, asked, clock, take } = setUp([account(A)], 20_000);
    await take();
    clock.advance(19_999);
    const last = start('two');
    await settleDown();
    expect(asked.at(-1)?.wait).toMatchObject({ timeoutMs: 1, stickyTimeoutMs: 1 });
    expect(await last.result).toMatchObject({ code: 'no_account', retryAfterMs: 1_000 });
    clock.advance(1);
    expect(await start('three').result).toMatchObject({ code: 'no_account' });
    expect(asked.at(-1)?.wait).toBeNull();
  });

  it('[SEL-3] a slot that comes free goes to who waits', async () => {
    const { start, take, store, countHeld } = setUp([account(A, { sessionsMax: 5 })]);
    const holder = await take('one');
    const waiter = start('two');
    await settleDown();
    if (holder.lease) store.release([holder.lease]);
    expect(await waiter.result).toMatchObject({
      account: { id: A },
      lease: { holder: { accountId: A } },
      registeredSession: { accountId: A },
      sessionId: expect.any(String),
    });
    expect(await countHeld(A)).toBe(1);
  });

  it('[LIM-7] [REQ-7] a client that leaves its place takes its session along', async () => {
    const { start, take, store, countHeld } = setUp([account(A, { sessionsMax: 5 })]);
    await take('one');
    const { writer, result } = start('two');
    await settleDown();
    expect(await store.countSessions([A])).toEqual([2]);
    writer.leave();
    expect(await result).toMatchObject({ code: 'client_closed' });
    expect([await store.countSessions([A]), await countHeld(A)]).toEqual([[1], 1]);
  });

  it('[REQ-7] a grant that comes as the client leaves holds nothing', async () => {
    const test = setUp([account(A, { sessionsMax: 5 })]);
    const holder = await test.take('one');
    const { store } = test;
    const racing = overrideStore(store, {
      async takeAccount(request) {
        const queued = await store.takeAccount(request);
        if (holder.lease) store.release([holder.lease]);
        started.writer.leave();
        return queued;
      },
    });
    const started = test.start('two', racing);
    expect(await started.result).toMatchObject({ code: 'client_closed' });
    expect([await store.countSessions([A]), await test.countHeld(A)]).toEqual([[1], 0]);
  });

  it('[SEL-3] nobody waits behind a full queue: the next account', async () => {
    const { start, store, eligible, asked } = setUp([account(A, { priority: 1 }), account(B)]);
    const exclusions: AccountExclusion[] = [{ accountId: A, reason: 'queue-full', retryAfterMs: null }];
    const none = async (): Promise<TakeAccountResult> => ({ taken: false, reason: 'none', exclusions });
    expect(await start('one', overrideStore(store, { takeAccount: none })).result).toMatchObject({
      code: 'no_account',
      retryAfterMs: 1_000,
    });
    expect([asked.length, eligible.length]).toEqual([1, 2]);
  });

  it('[SEL-3] a wait that is over on one account goes on at the next, while the deadline lasts', async () => {
    const { start, take, store, asked } = setUp([account(A, { priority: 1 }), account(B)]);
    await take('one');
    const onB = await take('two');
    const cut = overrideStore(store, {
      takeAccount: (request) =>
        store.takeAccount({ ...request, wait: request.wait && { ...request.wait, timeoutMs: 20 } }),
    });
    const waiter = start('three', cut);
    while (asked.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(asked[3]?.candidates.map(({ accountId }) => accountId)).toEqual([B]);
    if (onB.lease) store.release([onB.lease]);
    expect(await waiter.result).toMatchObject({ account: { id: B } });
  });

  it('[SEL-3] an account that is kept out while it is waited for: chosen anew, with its reason', async () => {
    const { start, take, store } = setUp();
    await take('one');
    const waiter = start('two');
    await settleDown();
    store.reportAccount(block(A, 'rate-limited', 7_000));
    expect(await waiter.result).toMatchObject({ code: 'upstream_rate_limited', retryAfterMs: 7_000 });
  });

  it('places that are lost again and again end the request', async () => {
    const { start, store, asked } = setUp();
    const lose = async (): Promise<TakeAccountResult> => ({
      taken: false,
      reason: 'queued',
      accountId: A,
      ticket: { id: 'lse_1' as never, outcome: Promise.resolve({ kind: 'lost' }), cancel: () => {} },
      isSticky: false,
      registeredSession: null,
      exclusions: [],
    });
    const lossy = overrideStore(store, { takeAccount: lose });
    expect(await start('one', lossy).result).toMatchObject({ code: 'no_account', status: 503 });
    expect(asked).toHaveLength(20);
  });

  it.each([
    ['rate-limited', 'rate-limited', 'upstream_rate_limited', 429],
    ['overloaded', 'overloaded', 'overloaded', 503],
    ['overloaded', 'rate-limited', 'no_account', 503],
  ] as const)('[REQ-6] all accounts %s or %s: the soonest way back', async (first, second, code, status) => {
    const { start, store } = setUp([account(A), account(B)]);
    store.reportAccount(block(A, first, 9_000));
    store.reportAccount(block(B, second, 4_000));
    expect(await start().result).toMatchObject({ code, status, retryAfterMs: 4_000 });
  });

  it('[REQ-6] one is rate-limited, the other only busy: soon', async () => {
    const { start, take, store } = setUp([account(A), account(B, { priority: 1 })], 40);
    store.reportAccount(block(A, 'rate-limited', 600_000));
    await take('one');
    expect(await start('two').result).toMatchObject({ code: 'no_account', retryAfterMs: 1_000 });
  });
});

describe('take-account: window cost', () => {
  const priced = (id: AccountId) =>
    account(id, { kind: 'oauth', windowCostLimit: '20000000000000' as never });

  it('[LIM-8] an unknown figure is read from the bills once, and asked with again', async () => {
    const { take, asked, store, ...services } = setUp([priced(A), priced(B)]);
    const sums: string[] = [];
    services.windowCosts.sumWindowCost = async (id?: AccountId) => {
      sums.push(id ?? '');
      return parseUsd('19.99');
    };
    const first = await take('one');
    expect([sums.toSorted(), asked.length]).toEqual([[A, B], 2]);
    expect(await store.readWindowCosts([first.account.id])).toMatchObject([{ spent: parseUsd('19.99') }]);
    await take('two');
    expect(sums).toHaveLength(2);
  });

  it('[LIM-8] above the limit: sticky sessions only; above the reserve: closed', async () => {
    const { start, take, store, ...services } = setUp([{ ...priced(A), concurrency: 9 }]);
    services.windowCosts.sumWindowCost = async () => parseUsd('19');
    await take('mine');
    store.addWindowCost(A, parseUsd('2'));
    expect((await take('mine')).account.id).toBe(A);
    expect(await start('new').result).toMatchObject({ code: 'no_account' });
    store.addWindowCost(A, parseUsd('9.01'));
    expect(await start('mine').result).toMatchObject({ code: 'no_account', retryAfterMs: 5 * 3_600_000 });
  });

  it('[LIM-8] bills that cannot be read close the account, not the others', async () => {
    const { take, start, store, logger, ...services } = setUp([priced(A), account(B, { priority: 90 })]);
    services.windowCosts.sumWindowCost = async () => Promise.reject(new Error('database gone'));
    expect((await take('one')).account.id).toBe(B);
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'window cost cannot be read' }]);
    store.reportAccount(block(B, 'rate-limited', 600_000));
    // Not 429: the one that is closed is not rate limited.
    expect(await start('two').result).toMatchObject({ code: 'no_account', status: 503 });
  });
});
