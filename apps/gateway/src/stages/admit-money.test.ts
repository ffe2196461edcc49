import {
  decodeFacts,
  parseUsd,
  picoUsd,
  type GroupSnapshot,
  type KeySnapshot,
  type LoadedPurses,
  type SubscriptionId,
  type WindowUse,
} from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import {
  buildAccount,
  buildGroup,
  buildKey,
  buildPool,
  GROUP_ID,
  KEY_ID,
  MODEL,
  USER_ID,
} from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { overrideStore } from '../testing/override-store.ts';
import { admit } from './admit.ts';
import { AttemptRecord } from './attempt-record.ts';

// What keeps a request out for want of money, and what it holds when it is let in.

const HOUR_MS = 3_600_000;
/** 23 tokens in at 6 USD a million, 16 out at 15, times 1.5. */
const HOLD = parseUsd('0.000567');
const BALANCE = { kind: 'balance', userId: USER_ID } as const;
const SUBSCRIPTION = {
  id: 'sub_1' as SubscriptionId,
  startsAtMs: START_MS,
  expiresAtMs: START_MS + 90 * 24 * HOUR_MS,
  status: 'active' as const,
};
const PICKED = {
  account: { id: 'acc_1' },
  upstreamModel: 'upstream',
} as ConstructorParameters<typeof AttemptRecord>[1];
const usd = (text: string) => parseUsd(text).toString();
const use = (spent: string, startMs: number | null = START_MS): WindowUse => ({
  spent: parseUsd(spent),
  startMs,
});

interface Changes {
  key?: Partial<KeySnapshot['key']>;
  user?: Partial<KeySnapshot['user']>;
  group?: Partial<GroupSnapshot>;
  subscriptions?: KeySnapshot['subscriptions'];
  keyUse?: Partial<LoadedPurses['key']>;
  subscriptionUse?: WindowUse;
}

function setUp({
  key = {},
  user = {},
  group = {},
  subscriptions = {},
  keyUse = {},
  subscriptionUse,
}: Changes = {}) {
  const services = buildServices();
  services.source.keyUse = keyUse;
  const rest = use('0', null);
  if (subscriptionUse) services.source.subscription = { day: subscriptionUse, week: rest, month: rest };
  const snapshot = buildKey({
    key,
    user,
    subscriptions,
    groups: [buildGroup({ queueTimeoutMs: 60_000, ...group })],
  });
  const start = (fields: object = {}, slots = true) => {
    const { context, writer } = buildParsedContext(fields, snapshot);
    return { context, writer, refusal: admit(context, services, { slots }) };
  };
  const finish = ({ context }: ReturnType<typeof start>, cost = '0') => {
    context.money.bill(parseUsd(cost));
    context.money.settle(services.store);
    services.store.release(context.leases);
  };
  const readHeld = async () => (await services.store.readPurses([BALANCE]))[0]?.held;
  const settleDown = async () => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  };
  return { ...services, start, finish, readHeld, settleDown };
}

describe('admit: the balance', () => {
  it('[MON-4] is held for what the request may cost, until it is settled with what it did', async () => {
    const { start, finish, readHeld, store } = setUp();
    const first = start();
    expect(await first.refusal).toBeNull();
    expect(await readHeld()).toBe(HOLD);
    finish(first, '0.0001');
    expect(await store.readPurses([BALANCE])).toMatchObject([{ held: 0n, amount: parseUsd('9.9999') }]);
  });

  it('[MON-4] too small for what the request may cost: 403, a smaller one passes', async () => {
    const { start, source } = setUp();
    source.balance = parseUsd('0.0005');
    expect(await start().refusal).toMatchObject({ code: 'insufficient_balance', status: 403 });
    expect(await start({ max_tokens: 8 }).refusal).toBeNull();
  });

  it('[MON-4] [LIM-5] held by others: the request waits, and goes when the money comes back', async () => {
    const { start, finish, source, settleDown } = setUp();
    source.balance = parseUsd('0.0006');
    const first = start();
    expect(await first.refusal).toBeNull();
    const second = start();
    let isOver = false;
    void Promise.resolve(second.refusal).then(() => (isOver = true));
    await settleDown();
    expect(isOver).toBe(false);
    finish(first, '0.00003');
    expect(await second.refusal).toBeNull();
    expect(second.context.leases).toHaveLength(1);
  });

  it('[MON-4] [LIM-5] spent by others while it waits: 403, and nothing is held', async () => {
    const { start, finish, source, settleDown, readHeld } = setUp();
    source.balance = parseUsd('0.0006');
    const first = start();
    await first.refusal;
    const second = start();
    await settleDown();
    finish(first, '0.0005');
    expect(await second.refusal).toMatchObject({ code: 'insufficient_balance' });
    expect([second.context.leases.length, await readHeld()]).toEqual([0, 0n]);
  });

  it('[MON-4] forgotten while it waits: read anew, and it goes', async () => {
    const { start, finish, source, settleDown, store } = setUp();
    source.balance = parseUsd('0.0006');
    const first = start();
    await first.refusal;
    const second = start();
    await settleDown();
    source.balance = parseUsd('7');
    await store.publish([{ scope: 'balance', userId: USER_ID }]);
    finish(first);
    expect(await second.refusal).toBeNull();
  });

  it('[LIM-11] forgotten while it waits and the books are away: it keeps its place until they are back', async () => {
    const { start, finish, source, settleDown, store } = setUp();
    source.balance = parseUsd('0.0006');
    const first = start();
    await first.refusal;
    const second = start();
    await settleDown();
    source.isGone = true;
    await store.publish([{ scope: 'balance', userId: USER_ID }]);
    finish(first);
    await settleDown();
    expect(second.context.leases).toEqual([]);
    source.isGone = false;
    expect(await second.refusal).toBeNull();
    expect(second.context.leases).toHaveLength(1);
  });

  it('[MON-4] a hundred at once with an empty store: the books are read once', async () => {
    const { start, source, snapshots } = setUp();
    await snapshots.pools.get(GROUP_ID);
    const loads = source.loads;
    const all = await Promise.all(Array.from({ length: 100 }, () => start().refusal));
    expect([all.every((refusal) => refusal === null), source.loads - loads]).toEqual([true, 1]);
  });

  it('[API-5] count_tokens is refused on an empty balance, and holds nothing of another', async () => {
    const empty = setUp();
    empty.source.balance = parseUsd('0');
    expect(await empty.start({}, false).refusal).toMatchObject({ code: 'insufficient_balance' });
    const { start, readHeld, source } = setUp();
    source.balance = picoUsd(1n);
    expect(await start({}, false).refusal).toBeNull();
    expect(await readHeld()).toBe(0n);
  });

  it('[MON-4] a request that costs nothing by its group waits for nobody’s money', async () => {
    const { start, source } = setUp({ group: { rateMultiplier: '0' } });
    source.balance = parseUsd('-5');
    expect(await start().refusal).toBeNull();
  });

  it('[MON-4] a capped hold lets in more side by side', async () => {
    const { start, source, readHeld } = setUp({ group: { holdMax: usd('0.0001') } });
    source.balance = parseUsd('0.0006');
    for (let count = 0; count < 6; count += 1) expect(await start().refusal).toBeNull();
    expect(await readHeld()).toBe(parseUsd('0.0006'));
  });

  it('[MON-4] more than fits 64 bits: refused, no fault', async () => {
    const { start } = setUp();
    expect(await start({ max_tokens: Number.MAX_SAFE_INTEGER }).refusal).toMatchObject({
      code: 'insufficient_balance',
    });
  });
});

describe('admit: limits of the key', () => {
  it.each<[string, Changes, string, number, number | undefined]>([
    [
      'quota',
      { key: { quota: usd('1') }, keyUse: { total: use('1', null) } },
      'key_quota_reached',
      403,
      undefined,
    ],
    [
      '5 h',
      { key: { limit5h: usd('1') }, keyUse: { '5h': use('1') } },
      'spend_limit_reached',
      429,
      4 * HOUR_MS,
    ],
    [
      '1 d',
      { key: { limit1d: usd('1') }, keyUse: { '1d': use('2') } },
      'spend_limit_reached',
      429,
      23 * HOUR_MS,
    ],
    [
      '7 d',
      { key: { limit7d: usd('1') }, keyUse: { '7d': use('1') } },
      'spend_limit_reached',
      429,
      167 * HOUR_MS,
    ],
  ])(
    '[LIM-9] %s: reached, with the time until it is over',
    async (_, changes, code, status, retryAfterMs) => {
      const { start, clock } = setUp(changes);
      clock.advance(HOUR_MS);
      const refusal = await start().refusal;
      expect(refusal).toMatchObject({ code, status });
      expect(refusal?.retryAfterMs).toBe(retryAfterMs);
      expect(await start({}, false).refusal).toMatchObject({ code, status });
    },
  );

  it('[LIM-9] a window begins with its first use, and is over by the clock', async () => {
    const { start, finish, clock, source } = setUp({ key: { limit5h: usd('0.001') } });
    clock.advance(HOUR_MS);
    const first = start();
    expect(await first.refusal).toBeNull();
    finish(first, '0.001');
    source.keyUse = { '5h': use('0.001', clock.nowMs()) };
    clock.advance(5 * HOUR_MS - 1);
    expect(await start().refusal).toMatchObject({ code: 'spend_limit_reached', retryAfterMs: 1 });
    clock.advance(1);
    expect(await start().refusal).toBeNull();
  });

  it('[LIM-9] of several the one that lasts longest is told', async () => {
    const { start } = setUp({
      key: { limit5h: usd('1'), limit7d: usd('1') },
      keyUse: { '5h': use('1'), '7d': use('1') },
    });
    expect(await start().refusal).toMatchObject({
      message: expect.stringContaining('7-day'),
      retryAfterMs: 168 * HOUR_MS,
    });
  });

  it('[LIM-9] larger than the whole limit: told not to come again', async () => {
    const { start } = setUp({ key: { limit1d: usd('0.0005') } });
    expect(await start().refusal).toMatchObject({ code: 'spend_limit_reached', shouldRetry: false });
  });
});

describe('admit: subscriptions', () => {
  const group = { type: 'subscription', limitDay: usd('0.001') } as const;
  const subscriptions = { [GROUP_ID]: SUBSCRIPTION };

  it('[MON-9] the windows pay, whatever the balance says', async () => {
    const { start, source, readHeld } = setUp({ group, subscriptions, subscriptionUse: use('0') });
    source.balance = parseUsd('-1');
    expect(await start().refusal).toBeNull();
    expect(await readHeld()).toBeUndefined();
  });

  it('[MON-9] a window that is used up: 429 until it is over', async () => {
    const { start, clock } = setUp({ group, subscriptions, subscriptionUse: use('0.001') });
    clock.advance(HOUR_MS);
    expect(await start().refusal).toMatchObject({ code: 'spend_limit_reached', retryAfterMs: 23 * HOUR_MS });
    clock.advance(23 * HOUR_MS);
    expect(await start().refusal).toBeNull();
  });

  it('[MON-9] a key’s limits count as well', async () => {
    const { start } = setUp({ group, subscriptions, subscriptionUse: use('0'), key: { quota: '1' } });
    expect(await start().refusal).toMatchObject({ code: 'key_quota_reached' });
  });

  it('[MON-9] expiry comes with the clock, between two requests', async () => {
    const expiring = { [GROUP_ID]: { ...SUBSCRIPTION, expiresAtMs: START_MS + 1 } };
    const { start, clock } = setUp({ group, subscriptions: expiring, subscriptionUse: use('0') });
    expect(await start().refusal).toBeNull();
    clock.advance(1);
    expect(await start().refusal).toMatchObject({ code: 'subscription_inactive' });
  });

  it('[MON-9] none, or one that the books do not know any more: 403, and nothing is held', async () => {
    const none = setUp({ group });
    const { context, refusal } = none.start();
    expect(await refusal).toMatchObject({ code: 'no_subscription', status: 403 });
    expect([context.leases.length, none.source.loads]).toEqual([0, 0]);
    const gone = setUp({ group, subscriptions });
    await expect(gone.start().refusal).rejects.toMatchObject({ code: 'no_subscription' });
  });

  it('[MON-9] without any limit nothing is asked of the books', async () => {
    const { start, source } = setUp({ group: { type: 'subscription' }, subscriptions });
    expect(await start().refusal).toBeNull();
    expect(source.loads).toBe(0);
  });
});

describe('admit: what is written down with a hold', () => {
  const readNote = async (fields: { model?: string } = {}) => {
    const { store, source, ...services } = setUp();
    const { model = MODEL } = fields;
    source.pools.set(GROUP_ID, buildPool([buildAccount({ modelMapping: { [model]: MODEL } })]));
    const notes: (string | null)[] = [];
    const watched = overrideStore(store, {
      admit: (request) => {
        notes.push(request.money?.note ?? null);
        return store.admit(request);
      },
    });
    const { context } = buildParsedContext(fields, buildKey());
    expect(await admit(context, { ...services, store: watched }, { slots: true })).toBeNull();
    return { context, services, note: notes.at(-1) ?? '' };
  };

  it('[MON-6] the first attempt, with the id and moment that it will have', async () => {
    const { context, services, note } = await readNote();
    services.clock.advance(500);
    const first = new AttemptRecord(context, PICKED, services);
    expect(decodeFacts(note)).toEqual({ ...first.facts, accountId: '', upstreamModel: MODEL });
    expect(first.facts).toMatchObject({ atMs: START_MS, keyId: KEY_ID, accountId: 'acc_1' });
    const second = new AttemptRecord(context, PICKED, services);
    expect(second.facts.attemptId).not.toBe(first.facts.attemptId);
    expect(second.facts.atMs).toBe(START_MS + 500);
  });

  it.each([
    ['long', 'x'.repeat(256)],
    ['with what JSON escapes', '\\"'.repeat(120)],
    ['beyond the basic plane', '😀'.repeat(128)],
    ['of many bytes', '日本語'.repeat(80)],
  ])('[MON-6] stays short and readable with a name of a model that is %s', async (_, model) => {
    const { context, note } = await readNote({ model });
    expect(note.length).toBeLessThanOrEqual(1_024);
    const facts = decodeFacts(note);
    expect(facts?.attemptId).toBe(context.takeAttempt(0).attemptId);
    expect(['', model]).toContain(facts?.model);
  });
});
