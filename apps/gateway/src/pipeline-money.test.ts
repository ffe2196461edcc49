import { hash } from 'node:crypto';
import {
  parseUsd,
  type AccountId,
  type GroupId,
  type KeySnapshot,
  type PicoUsd,
  type SubscriptionId,
} from '@tollgate/core';
import type { Lease } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { runPipeline } from './pipeline.ts';
import { buildBody, buildRequest, type RequestParts } from './testing/build-context.ts';
import {
  ACCOUNT_ID,
  buildAccount,
  buildGroup,
  buildKey,
  buildPool,
  GROUP_ID,
  KEY_ID,
  MODEL,
  USER_ID,
} from './testing/build-snapshots.ts';
import { buildServices } from './testing/build-services.ts';
import {
  answerFault,
  answerJson,
  answerStream,
  buildPrelude,
  CONTENT,
  ENDING,
  type FakeCall,
} from './testing/fake-upstream.ts';
import { START_MS } from './testing/manual-clock.ts';
import { overrideStore, rejectAsGone } from './testing/override-store.ts';
import { RecordingWriter } from './testing/recording-writer.ts';
import { watchHolds } from './testing/watch-holds.ts';

// MON-4: whatever becomes of a request, what it held is settled exactly once, with what was billed.

const KEY = 'sk-test-0123456789';
const OTHER = 'grp_2' as GroupId;
const SECOND = 'acc_2' as AccountId;
const BALANCE = { kind: 'balance', userId: USER_ID } as const;
const KEY_TOTAL = { kind: 'key', userId: USER_ID, keyId: KEY_ID, window: 'total' } as const;
const ANSWER = { id: 'msg_1', model: MODEL, usage: { input_tokens: 10, output_tokens: 16 } };
/** Sonnet 4.5 times 1.5. */
const COST = 10n * 4_500_000n + 16n * 22_500_000n;
const STREAM = buildBody({ stream: true });
const WARM_UP = buildBody({ messages: [{ role: 'user', content: 'Warmup' }] });
const TOO_LONG = {
  type: 'error',
  error: { type: 'invalid_request_error', message: 'prompt is too long: 9 > 8' },
};
const SUBSCRIPTION = {
  id: 'sub_1' as SubscriptionId,
  startsAtMs: START_MS,
  expiresAtMs: START_MS + 1_000_000,
  status: 'active',
} as const;

type KeyChanges = NonNullable<Parameters<typeof buildKey>[0]>;

function setUp() {
  const services = buildServices();
  const { store, holds } = watchHolds(services.store);
  const plain = services.store;
  services.store = store;
  services.upstream.answer = answerJson(200, ANSWER);
  const writer = new RecordingWriter();
  const test = {
    services,
    store: plain,
    holds,
    writer,
    setKey(changes: KeyChanges): void {
      const key: KeySnapshot = buildKey({ key: { quota: parseUsd('5').toString() }, ...changes });
      services.source.keys.set(hash('sha256', KEY), key);
    },
    run: (parts: RequestParts = {}) =>
      runPipeline(buildRequest({ headers: [['x-api-key', KEY]], ...parts }), writer, services),
  };
  test.setKey({});
  return test;
}

type Test = ReturnType<typeof setUp>;
interface Exit {
  name: string;
  prepare?: (test: Test) => void | Promise<void>;
  parts?: RequestParts;
  /** What the client hears: a status, or 0 = it had left before. */
  status: number;
  /** What the payers pay. Default 0. */
  billed?: bigint;
  /** Holds that were taken. Default 1. */
  holds?: number;
}

const byTurns = (...answers: ((call: FakeCall) => void)[]) => {
  let turn = 0;
  return (call: FakeCall): void => answers[Math.min(turn++, answers.length - 1)]?.(call);
};
const twoAccounts = ({ services }: Test): void => {
  services.source.pools.set(GROUP_ID, buildPool([buildAccount(), buildAccount({ id: SECOND })]));
};
const fallBackTo = (changes: object) => (test: Test) => {
  test.services.source.groups.set(OTHER, buildGroup({ id: OTHER, ...changes }));
  test.services.source.pools.set(OTHER, { ...buildPool([buildAccount({ id: SECOND })]), groupId: OTHER });
  test.setKey({
    groups: [buildGroup({ invalidRequestFallbackGroupId: OTHER })],
    subscriptions: { [OTHER]: SUBSCRIPTION },
  });
  test.services.upstream.answer = byTurns(answerJson(400, TOO_LONG), answerJson(200, ANSWER));
};
/** Somebody else has the user's only slot. */
const holdSlot = async ({ store, setKey }: Test): Promise<Lease[]> => {
  setKey({ user: { concurrency: 1 }, groups: [buildGroup({ queueTimeoutMs: 40 })] });
  const slots = [{ holder: { kind: 'user' as const, userId: USER_ID }, max: 1 }];
  const result = await store.admit({
    userId: USER_ID,
    windows: [],
    money: null,
    checksTokenQuota: false,
    slots,
    queue: null,
  });
  return result.admitted ? result.leases : [];
};

const EXITS: Exit[] = [
  { name: 'unknown route', parts: { path: '/v9' }, status: 404, holds: 0 },
  { name: 'unknown key', parts: { headers: [['x-api-key', 'sk-unknown-0123456']] }, status: 401, holds: 0 },
  { name: 'no JSON', parts: { body: '{' }, status: 400, holds: 0 },
  {
    name: 'no balance',
    prepare: ({ services }) => void (services.source.balance = parseUsd('0')),
    status: 403,
    holds: 0,
  },
  {
    name: 'over a window',
    prepare: ({ setKey }) => setKey({ user: { tpm: 1 } }),
    status: 429,
    holds: 0,
  },
  {
    name: 'no subscription',
    prepare: ({ setKey }) => setKey({ groups: [buildGroup({ type: 'subscription' })] }),
    status: 403,
    holds: 0,
  },
  {
    name: 'the books are away',
    prepare: ({ services }) => {
      services.source.loadPurses = async () => Promise.reject(new Error('gone'));
    },
    status: 503,
    holds: 0,
  },
  {
    name: 'the store is away in admit',
    prepare: (test) =>
      void (test.services.store = overrideStore(test.services.store, { admit: rejectAsGone })),
    status: 503,
    holds: 0,
  },
  { name: 'waited too long', prepare: async (test) => void (await holdSlot(test)), status: 429, holds: 0 },
  {
    name: 'left while waiting for a slot',
    prepare: async (test) => {
      await holdSlot(test);
      setTimeout(() => test.writer.leave(), 10);
    },
    status: 0,
    holds: 0,
  },
  {
    name: 'the token quota is used up during the wait',
    prepare: async (test) => {
      const leases = await holdSlot(test);
      test.setKey({ user: { concurrency: 1, tokenLimit: 100 } });
      test.services.quotaSource.quotas.set(USER_ID, { limit: 100, usage: 0, lastResetAtMs: START_MS });
      setTimeout(() => {
        void test.store.blockTokenQuota(USER_ID, 60_000);
        test.store.release(leases);
      }, 10);
    },
    status: 400,
  },
  {
    name: 'left as soon as it was admitted',
    prepare: (test) => {
      const { store } = test.services;
      test.services.store = overrideStore(store, {
        async admit(request) {
          const result = await store.admit(request);
          if (result.admitted) test.writer.leave();
          return result;
        },
      });
    },
    status: 0,
  },
  {
    name: 'an unpriced model',
    parts: { body: buildBody({ model: 'claude-unheard-of' }) },
    status: 400,
  },
  {
    name: 'no account',
    prepare: ({ services }) => void services.source.pools.set(GROUP_ID, buildPool([])),
    status: 503,
  },
  {
    name: 'the store is away in takeAccount',
    prepare: (test) =>
      void (test.services.store = overrideStore(test.services.store, { takeAccount: rejectAsGone })),
    status: 503,
  },
  {
    name: 'a warm-up, plain',
    prepare: ({ services }) =>
      void services.source.pools.set(GROUP_ID, buildPool([buildAccount({ interceptsWarmUps: true })])),
    parts: { body: WARM_UP },
    status: 200,
  },
  {
    name: 'a warm-up, left in its stream',
    prepare: ({ services, writer }) => {
      services.source.pools.set(GROUP_ID, buildPool([buildAccount({ interceptsWarmUps: true })]));
      writer.onWrite = () => writer.leave();
    },
    parts: { body: buildBody({ stream: true, messages: [{ role: 'user', content: 'Warmup' }] }) },
    status: 200,
  },
  {
    name: 'the journal is full',
    prepare: ({ services }) => void (services.journal.isFull = true),
    status: 503,
  },
  {
    name: 'the journal cannot be written at the end',
    prepare: ({ services }) => {
      services.journal.beforeClose = () => {
        throw new Error('EIO');
      };
    },
    status: 500,
  },
  { name: 'a plain answer', status: 200, billed: COST },
  {
    name: 'a streamed answer',
    prepare: ({ services }) =>
      void (services.upstream.answer = answerStream([buildPrelude(MODEL), CONTENT, ENDING])),
    parts: { body: STREAM },
    status: 200,
    billed: 100n * 4_500_000n + 20n * 22_500_000n,
  },
  {
    name: 'a second account answers',
    prepare: (test) => {
      twoAccounts(test);
      test.services.upstream.answer = byTurns(answerFault, answerJson(200, ANSWER));
    },
    status: 200,
    billed: COST,
  },
  {
    name: 'no account answers',
    prepare: (test) => {
      twoAccounts(test);
      test.services.upstream.answer = answerFault;
    },
    status: 502,
  },
  {
    name: 'the upstream refuses it',
    prepare: ({ services }) => void (services.upstream.answer = answerJson(400, TOO_LONG)),
    status: 400,
  },
  {
    name: 'a stream that breaks off',
    prepare: ({ services }) =>
      void (services.upstream.answer = answerStream([buildPrelude(MODEL), CONTENT], 'reset')),
    parts: { body: STREAM },
    status: 200,
  },
  {
    name: 'the writer throws',
    prepare: ({ writer }) => {
      writer.send = () => {
        throw new Error('broken');
      };
    },
    status: 500,
    billed: COST,
  },
  {
    name: 'left in the middle',
    prepare: ({ services, writer }) => {
      services.upstream.answer = (call) => {
        answerStream([buildPrelude(MODEL), CONTENT], 'open')(call);
        writer.leave();
      };
    },
    parts: { body: STREAM },
    status: 200,
    billed: 100n * 4_500_000n + 9n * 22_500_000n,
  },
  {
    name: 'a second group answers, from the same balance',
    prepare: fallBackTo({ rateMultiplier: '3' }),
    status: 200,
    billed: COST * 2n,
    holds: 2,
  },
  {
    name: 'a second group answers, from a subscription',
    prepare: fallBackTo({ type: 'subscription' }),
    status: 200,
    billed: COST,
    holds: 2,
  },
  {
    name: 'a second group whose payer has nothing',
    prepare: (test) => {
      fallBackTo({ type: 'subscription', limitDay: '0' })(test);
      test.services.source.subscription = {
        day: { spent: 0n as PicoUsd, startMs: null },
        week: { spent: 0n as PicoUsd, startMs: null },
        month: { spent: 0n as PicoUsd, startMs: null },
      };
    },
    status: 400,
  },
  {
    name: 'count_tokens',
    prepare: ({ services }) => void (services.upstream.answer = answerJson(200, { input_tokens: 7 })),
    parts: { path: '/v1/messages/count_tokens' },
    status: 200,
  },
  {
    name: 'count_tokens that fails',
    prepare: ({ services }) => void (services.upstream.answer = answerFault),
    parts: { path: '/v1/messages/count_tokens' },
    status: 502,
  },
];

describe('pipeline: money at every exit', () => {
  it.each(EXITS)('[MON-4] $name: settled once, with what was billed', async (exit) => {
    const test = setUp();
    await exit.prepare?.(test);
    await test.run(exit.parts);
    const { holds, writer, services } = test;
    expect(writer.status).toBe(exit.status);
    expect([holds.given.length, holds.listWrong()]).toEqual([exit.holds ?? 1, []]);
    expect(holds.settled).toHaveLength(holds.given.length);
    expect(holds.billed).toBe(exit.billed ?? 0n);
    expect(services.journal.closed.reduce((sum, { actualCost }) => sum + actualCost, 0n)).toBe(
      exit.billed ?? 0n,
    );
    const states = await test.store.readPurses([BALANCE, KEY_TOTAL]);
    expect(states.map((state) => state?.held ?? 0n)).toEqual([0n, 0n]);
    expect(await test.store.countSlots({ kind: 'account', accountId: ACCOUNT_ID })).toBe(0);
  });

  it('[MON-4] [MON-9] what a subscription pays does not touch the balance, but the key’s quota', async () => {
    const test = setUp();
    test.setKey({
      groups: [buildGroup({ type: 'subscription', limitDay: parseUsd('1').toString() })],
      subscriptions: { [GROUP_ID]: SUBSCRIPTION },
      key: { quota: parseUsd('5').toString() },
    });
    const unused = { spent: 0n as PicoUsd, startMs: null };
    test.services.source.subscription = { day: unused, week: unused, month: unused };
    await test.run();
    const day = {
      kind: 'subscription',
      userId: USER_ID,
      subscriptionId: SUBSCRIPTION.id,
      window: 'day',
    } as const;
    expect(await test.store.readPurses([BALANCE, day, KEY_TOTAL])).toMatchObject([
      null,
      { amount: COST, held: 0n, startMs: START_MS },
      { amount: COST, held: 0n },
    ]);
    expect(test.services.journal.closed).toMatchObject([{ subscriptionId: SUBSCRIPTION.id }]);
  });
});
