import { hash } from 'node:crypto';
import { parseUsd, type GroupSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { runPipeline } from '../pipeline.ts';
import { buildBody, buildRequest } from '../testing/build-context.ts';
import { ACCOUNT_ID, buildGroup, buildKey, MODEL, USER_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { buildPrelude, CONTENT, ENDING, event, type FakeCall } from '../testing/fake-upstream.ts';
import { RecordingWriter } from '../testing/recording-writer.ts';

// MON-7: a client that hangs up, at each moment, by each policy, of a streamed and of a plain answer.

const KEY = 'sk-test-0123456789';
const BALANCE = { kind: 'balance', userId: USER_ID } as const;
const PRELUDE = buildPrelude(MODEL);
const ANSWER = JSON.stringify({ id: 'msg_1', model: MODEL, usage: { input_tokens: 100, output_tokens: 20 } });
/** Sonnet 4.5 times 1.5: 4.5 USD a million in, 22.5 out. */
const cost = (input: number, output: number) => (BigInt(input) * 45n + BigInt(output) * 225n) * 100_000n;
const settleDown = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
};

function setUp(group: Partial<GroupSnapshot>, stream: boolean) {
  const services = buildServices();
  services.source.keys.set(hash('sha256', KEY), buildKey({ groups: [buildGroup(group)] }));
  const writer = new RecordingWriter();
  const parts = {
    headers: [['x-api-key', KEY] as [string, string]],
    body: buildBody(stream ? { stream } : {}),
  };
  const running = runPipeline(buildRequest(parts), writer, services);
  const readMoney = async () => {
    const [state] = await services.store.readPurses([BALANCE]);
    return { held: state?.held ?? -1n, spent: parseUsd('10') - (state?.amount ?? 0n) };
  };
  const countSlots = async () =>
    (await services.store.countSlots({ kind: 'account', accountId: ACCOUNT_ID })) +
    (await services.store.countSlots({ kind: 'user', userId: USER_ID }));
  const findCall = async (): Promise<FakeCall> => {
    await settleDown();
    const [call] = services.upstream.calls;
    if (call === undefined) throw new Error('the upstream was not asked');
    return call;
  };
  return { services, writer, running, readMoney, countSlots, findCall, journal: services.journal };
}

const head = (type: string) => (call: FakeCall) =>
  call.handler.onHeaders(200, { 'content-type': type, 'request-id': 'req_up' });
const streamHead = head('text/event-stream');
const plainHead = head('application/json');

interface Row {
  state: string;
  inputTokens: number;
  outputTokens: number;
}
const settled: Row = { state: 'settled', inputTokens: 100, outputTokens: 20 };
const estimated = (inputTokens: number, outputTokens: number): Row => ({
  state: 'estimated',
  inputTokens,
  outputTokens,
});
const failed: Row = { state: 'failed', inputTokens: 0, outputTokens: 0 };
/** The prompt by the size of its body. */
const STREAM_INPUT = 26;
const PLAIN_INPUT = 23;

type Step = (call: FakeCall) => void;
interface Moment {
  name: string;
  stream: boolean;
  /** What the upstream has said when the client hangs up, and what it says after. */
  before: Step;
  after: Step;
  abort: Row;
}

const MOMENTS: Moment[] = [
  {
    name: 'stream, before headers',
    stream: true,
    before: () => {},
    after: (call) => {
      streamHead(call);
      call.data(PRELUDE + CONTENT + ENDING);
    },
    abort: failed,
  },
  {
    name: 'stream, after headers',
    stream: true,
    before: streamHead,
    after: (call) => call.data(PRELUDE + CONTENT + ENDING),
    abort: estimated(STREAM_INPUT, 0),
  },
  {
    name: 'stream, before content',
    stream: true,
    before: (call) => {
      streamHead(call);
      call.data(PRELUDE);
    },
    after: (call) => call.data(CONTENT + ENDING),
    abort: estimated(100, 1),
  },
  {
    name: 'stream, mid-content',
    stream: true,
    before: (call) => {
      streamHead(call);
      call.data(PRELUDE + CONTENT);
    },
    after: (call) => call.data(CONTENT + ENDING),
    abort: estimated(100, 9),
  },
  {
    name: 'stream, after the last event',
    stream: true,
    before: (call) => {
      streamHead(call);
      call.data(PRELUDE + CONTENT + ENDING);
    },
    after: () => {},
    abort: settled,
  },
  {
    name: 'plain, before headers',
    stream: false,
    before: () => {},
    after: (call) => {
      plainHead(call);
      call.data(ANSWER);
    },
    abort: estimated(PLAIN_INPUT, 0),
  },
  {
    name: 'plain, before its body',
    stream: false,
    before: plainHead,
    after: (call) => call.data(ANSWER),
    abort: estimated(PLAIN_INPUT, 0),
  },
  {
    name: 'plain, in its body',
    stream: false,
    before: (call) => {
      plainHead(call);
      call.data(ANSWER.slice(0, 30));
    },
    after: (call) => call.data(ANSWER.slice(30)),
    abort: estimated(PLAIN_INPUT, 10),
  },
];

async function expectRow(test: ReturnType<typeof setUp>, row: Row, status = 499): Promise<void> {
  const { state, inputTokens, outputTokens } = row;
  const billed = state === 'failed' ? 0n : cost(inputTokens, outputTokens);
  expect(test.journal.closed).toMatchObject([
    { state, status, usage: { inputTokens, outputTokens }, actualCost: billed },
  ]);
  expect(await test.readMoney()).toEqual({ held: 0n, spent: billed });
  expect(await test.countSlots()).toBe(0);
}

describe('hang-up: abort', () => {
  it.each(MOMENTS)('[MON-7] $name', async ({ stream, before, abort }) => {
    const test = setUp({ hangUp: 'abort' }, stream);
    const call = await test.findCall();
    before(call);
    test.writer.leave();
    await test.running;
    expect(call.isAborted).toBe(true);
    await expectRow(test, abort);
  });
});

describe('hang-up: drain', () => {
  it.each(MOMENTS)('[MON-7] $name: the true usage', async ({ name, stream, before, after }) => {
    const test = setUp({ hangUp: 'drain' }, stream);
    const call = await test.findCall();
    before(call);
    const { body } = test.writer;
    test.writer.leave();
    await settleDown();
    if (!name.includes('last event')) {
      expect(call.isAborted).toBe(false);
      expect(test.journal.closed).toEqual([]);
      expect([await test.countSlots(), test.services.drains.count]).toEqual([2, 1]);
      expect((await test.readMoney()).held).toBeGreaterThan(0n);
    }
    after(call);
    if (!call.isAborted) call.handler.onEnd();
    await test.running;
    expect(test.writer.body).toBe(body);
    expect(test.services.drains.count).toBe(0);
    await expectRow(test, settled);
  });

  const leaveInContent = async (changes: Partial<GroupSnapshot> = {}) => {
    const test = setUp({ hangUp: 'drain', ...changes }, true);
    const call = await test.findCall();
    streamHead(call);
    call.data(PRELUDE + CONTENT);
    test.writer.leave();
    await settleDown();
    return { test, call };
  };

  it('[MON-7] its time is over: cut, and estimated from all that was read', async () => {
    const { test, call } = await leaveInContent({ drainMs: 3_000 });
    call.data(CONTENT);
    test.services.clock.advance(3_000);
    await test.running;
    expect(call.isAborted).toBe(true);
    await expectRow(test, estimated(100, 17));
  });

  it('[MON-7] its tokens are over: cut, and estimated from all that was read', async () => {
    const { test, call } = await leaveInContent({ drainTokens: 10 });
    call.data(CONTENT);
    await new Promise((resolve) => setTimeout(resolve, 40));
    // 17 of 9 + 10.
    expect(call.isAborted).toBe(false);
    call.data(CONTENT);
    await test.running;
    expect(call.isAborted).toBe(true);
    await expectRow(test, estimated(100, 25));
  });

  it('[OPS-11] [MON-7] the process stops: cut at once, and so is the next one', async () => {
    const { test, call } = await leaveInContent();
    test.services.drains.stopAll();
    await test.running;
    expect(call.isAborted).toBe(true);
    await expectRow(test, estimated(100, 9));
  });

  it('[MON-7] the upstream breaks off: what the client had when it left', async () => {
    const { test, call } = await leaveInContent();
    call.data(CONTENT + CONTENT);
    call.handler.onError({ kind: 'reset', detail: 'reset', isStaleSocket: false });
    await test.running;
    expect(test.writer.error).toBeNull();
    await expectRow(test, estimated(100, 9));
  });

  it('[MON-7] the upstream’s error event after it: what the client had when it left', async () => {
    const { test, call } = await leaveInContent();
    call.data(CONTENT + event('error', { error: { type: 'overloaded_error', message: 'busy' } }));
    call.handler.onEnd();
    await test.running;
    expect(test.writer.error).toBeNull();
    await expectRow(test, estimated(100, 9));
  });

  it.each<[string, Step, number, number]>([
    ['refuses it', (call) => call.handler.onHeaders(400, { 'content-type': 'application/json' }), 400, 0],
    ['fails', (call) => call.handler.onHeaders(529, { 'content-type': 'application/json' }), 529, 0],
    [
      'breaks off before content',
      (call) => {
        streamHead(call);
        call.data(PRELUDE);
      },
      200,
      100,
    ],
  ])(
    '[MON-7] the upstream %s: billed to nobody, and no other account is asked',
    async (_, answer, status, input) => {
      const test = setUp({ hangUp: 'drain' }, true);
      const call = await test.findCall();
      test.writer.leave();
      answer(call);
      if (!call.isAborted) call.handler.onEnd();
      await test.running;
      expect(test.services.upstream.calls).toHaveLength(1);
      await expectRow(test, { state: 'failed', inputTokens: input, outputTokens: input > 0 ? 1 : 0 }, status);
    },
  );

  it('[MON-7] without usage in the whole answer: estimated', async () => {
    const test = setUp({ hangUp: 'drain' }, true);
    const call = await test.findCall();
    test.writer.leave();
    streamHead(call);
    call.data(event('message_start', { message: { id: 'msg_1' } }) + CONTENT + event('message_stop'));
    call.handler.onEnd();
    await test.running;
    expect(test.writer.body).toBe('');
    await expectRow(test, estimated(STREAM_INPUT, 9));
  });
});

describe('hang-up: nobody hung up', () => {
  it('[MON-7] the upstream breaks off in the middle: written down with what was relayed, billed to nobody', async () => {
    const test = setUp({}, true);
    const call = await test.findCall();
    streamHead(call);
    call.data(PRELUDE + CONTENT);
    call.handler.onError({ kind: 'reset', detail: 'reset', isStaleSocket: false });
    await test.running;
    expect(test.journal.closed[0]?.standardCost).toBe((cost(100, 9) * 2n) / 3n);
    await expectRow(test, { state: 'failed', inputTokens: 100, outputTokens: 9 }, 200);
  });

  it.each(['abort', 'drain'] as const)(
    '[OPS-11] [MON-7] we have cut the answer off at a stop (%s): what the client had, and nothing is read on',
    async (hangUp) => {
      const test = setUp({ hangUp }, true);
      const call = await test.findCall();
      streamHead(call);
      call.data(PRELUDE + CONTENT);
      test.services.drains.stopAll();
      test.writer.leave();
      await test.running;
      expect(call.isAborted).toBe(true);
      await expectRow(test, estimated(100, 9));
    },
  );

  it.each([true, false])(
    '[OPS-11] [MON-7] we have cut it off before the client had anything (streamed: %s): billed to nobody',
    async (stream) => {
      const test = setUp({ hangUp: 'drain' }, stream);
      const call = await test.findCall();
      (stream ? streamHead : plainHead)(call);
      test.services.drains.stopAll();
      test.writer.leave();
      await test.running;
      expect(call.isAborted).toBe(true);
      await expectRow(test, failed);
    },
  );
});
