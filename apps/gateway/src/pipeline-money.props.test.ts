import { hash } from 'node:crypto';
import { type AccountId, type GroupId, type RequestId } from '@tollgate/core';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { runPipeline } from './pipeline.ts';
import { buildBody, buildRequest } from './testing/build-context.ts';
import {
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
  CONTENT,
  event,
  type FakeCall,
} from './testing/fake-upstream.ts';
import { RecordingWriter } from './testing/recording-writer.ts';
import { watchHolds } from './testing/watch-holds.ts';

// MON-4: requests of one user, side by side, with any upstream and any client.

const KEY = 'sk-test-0123456789';
const OTHER = 'grp_2' as GroupId;
const BALANCE = { kind: 'balance', userId: USER_ID } as const;
const DAY = { kind: 'key', userId: USER_ID, keyId: KEY_ID, window: '1d' } as const;
/** Within what was estimated of the request: at most so many tokens in, and `max_tokens` out. */
const INPUT_MAX = 20;
const MAX_TOKENS = 16;

interface Script {
  answer: 'json' | 'stream' | 'refused' | 'overloaded' | 'reset' | 'broken' | 'no-usage' | 'open';
  input: number;
  output: number;
}
interface Client {
  stream: boolean;
  /** Turns of the loop after which it leaves; null = it stays, unless the upstream never ends. */
  leavesAfter: number | null;
}

const TOO_LONG = {
  type: 'error',
  error: { type: 'invalid_request_error', message: 'prompt is too long: 9 > 8' },
};

function answer({ answer: kind, input, output }: Script, stream: boolean): (call: FakeCall) => void {
  const usage = { input_tokens: input, output_tokens: output };
  const start = event('message_start', {
    message: { id: 'm', model: MODEL, usage: { ...usage, output_tokens: 0 } },
  });
  const end = event('message_delta', { delta: {}, usage }) + event('message_stop');
  switch (kind) {
    case 'json':
    case 'stream':
      return stream ? answerStream([start, CONTENT, end]) : answerJson(200, { id: 'm', usage });
    case 'no-usage':
      return stream
        ? answerStream([event('message_start', { message: { id: 'm' } }), event('message_stop')])
        : answerJson(200, { id: 'm' });
    case 'refused':
      return answerJson(400, TOO_LONG);
    case 'overloaded':
      return answerJson(529, {});
    case 'reset':
      return answerFault;
    case 'broken':
      return stream ? answerStream([start, CONTENT], 'reset') : answerFault;
    case 'open':
      return stream ? answerStream([start, CONTENT], 'open') : () => {};
  }
}

function setUp(options: { hangUp: 'abort' | 'drain'; balance: bigint; limit: bigint; concurrency: number }) {
  const services = buildServices();
  const watched = watchHolds(services.store);
  const plain = services.store;
  services.store = watched.store;
  services.source.balance = options.balance as typeof services.source.balance;
  const group = buildGroup({ hangUp: options.hangUp, drainMs: 20, invalidRequestFallbackGroupId: OTHER });
  services.source.groups.set(OTHER, { ...group, id: OTHER, invalidRequestFallbackGroupId: null });
  const accounts = ['acc_1', 'acc_2'].map((id) => buildAccount({ id: id as AccountId, concurrency: 0 }));
  services.source.pools.set(GROUP_ID, buildPool(accounts));
  services.source.pools.set(OTHER, {
    ...buildPool([buildAccount({ id: 'acc_3' as AccountId })]),
    groupId: OTHER,
  });
  services.source.keys.set(
    hash('sha256', KEY),
    buildKey({
      groups: [{ ...group, queueTimeoutMs: 500 }],
      user: { concurrency: options.concurrency, queueMax: 50 },
      key: { limit1d: options.limit.toString() },
    }),
  );
  return { services, plain, holds: watched.holds };
}

const script: fc.Arbitrary<Script> = fc.record({
  answer: fc.constantFrom('json', 'stream', 'refused', 'overloaded', 'reset', 'broken', 'no-usage', 'open'),
  input: fc.nat(INPUT_MAX),
  output: fc.constantFrom(0, MAX_TOKENS),
});
const client: fc.Arbitrary<Client> = fc.record({
  stream: fc.boolean(),
  leavesAfter: fc.option(fc.nat(12), { freq: 2 }),
});

async function runClient(
  services: ReturnType<typeof setUp>['services'],
  { stream, leavesAfter }: Client,
  index: number,
) {
  const writer = new RecordingWriter();
  const body = buildBody({ max_tokens: MAX_TOKENS, ...(stream ? { stream } : {}) });
  const request = buildRequest({ headers: [['x-api-key', KEY]], body });
  const running = runPipeline({ ...request, id: `req_${index}` as RequestId }, writer, services);
  const over = running.then(() => true);
  // An upstream that never ends must lose its client some day.
  const isOver = () => Promise.race([over, new Promise<false>((resolve) => setImmediate(resolve, false))]);
  for (let turn = 0; !(await isOver()); turn += 1) {
    if (turn === (leavesAfter ?? 30)) writer.leave();
  }
}

it('[MON-4] [MON-7] each hold is settled once with what was billed, and nothing is overdrawn', async () => {
  let paid = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(script, { minLength: 1, maxLength: 12 }),
      fc.array(client, { minLength: 1, maxLength: 8 }),
      fc.record({
        hangUp: fc.constantFrom('abort' as const, 'drain' as const),
        balance: fc.integer({ min: 0, max: 1_500 }).map((micro) => BigInt(micro) * 1_000_000n),
        limit: fc.integer({ min: 0, max: 1_500 }).map((micro) => BigInt(micro) * 1_000_000n),
        concurrency: fc.constantFrom(0, 1, 2),
      }),
      async (scripts, clients, options) => {
        const { services, plain, holds } = setUp(options);
        let asked = 0;
        services.upstream.answer = (call) => {
          const next = scripts[asked++ % scripts.length];
          const isStream = call.request.body?.includes('"stream":true') ?? false;
          if (next) answer(next, isStream)(call);
        };
        // No faster than the ticker of deadlines, which takes a jump for a blocked loop.
        const time = setInterval(() => services.clock.advance(5), 5);
        await Promise.all(clients.map((each, index) => runClient(services, each, index)));
        clearInterval(time);
        const billed = services.journal.closed.reduce((sum, { actualCost }) => sum + actualCost, 0n);
        paid += billed > 0n ? 1 : 0;
        expect(holds.listWrong()).toEqual([]);
        expect(holds.settled).toHaveLength(holds.given.length);
        expect(holds.billed).toBe(billed);
        expect(services.journal.closed).toHaveLength(services.journal.opened.length);
        const [balance, day] = await plain.readPurses([BALANCE, DAY]);
        if (balance) expect(balance).toMatchObject({ amount: options.balance - billed, held: 0n });
        if (day) expect(day).toMatchObject({ amount: billed, held: 0n });
        expect(options.balance - billed >= 0n).toBe(true);
        expect(billed <= options.limit).toBe(true);
        expect(services.drains.count).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
  expect(paid).toBeGreaterThan(5);
}, 60_000);
