import { DEFAULT_DEADLINES, parseUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { RequestContext } from '../request-context.ts';
import { buildParsedContext } from '../testing/build-context.ts';
import {
  ACCOUNT_ID,
  buildAccount,
  buildGroup,
  buildKey,
  MODEL,
  USER_ID,
} from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import {
  answerFault,
  answerJson,
  answerStream,
  buildPrelude,
  CONTENT,
  ENDING,
  event,
  type FakeCall,
} from '../testing/fake-upstream.ts';
import { runAttempt } from './run-attempt.ts';

const PRELUDE = buildPrelude(MODEL);
/** The stream's request, by its size. */
const ESTIMATED_INPUT = 26;
const USAGE = { input_tokens: 100, output_tokens: 20 };
const ERROR = (type: string) => event('error', { error: { type, message: 'sk-up at 203.0.113.9' } });

function setUp(fields: object = { stream: true }, upstreamModel = MODEL) {
  const services = buildServices();
  const account = buildAccount();
  const group = buildGroup({ deadlines: { ...DEFAULT_DEADLINES, firstByteMs: 1_000, idleMs: 2_000 } });
  const { context, writer } = buildParsedContext(fields, buildKey({ groups: [group] }));
  const listeners: unknown[] = [];
  const plain = Object.getOwnPropertyDescriptor(RequestContext.prototype, 'onClientLeft');
  Object.defineProperty(context, 'onClientLeft', {
    set(listener) {
      listeners.push(listener);
      plain?.set?.call(context, listener);
    },
  });
  const ready = {
    account,
    upstreamModel,
    lease: null,
    isProbe: false,
    sessionId: null,
    registeredSession: null,
    hasRefreshedToken: false,
    opened: services.accounts.open(account),
  };
  const run = (answer: (call: FakeCall) => void = () => {}) => {
    services.upstream.answer = answer;
    return runAttempt(context, ready, services);
  };
  /** Until the upstream has been asked and has answered what the script says. */
  const settleDown = async () => {
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  return { services, context, writer, run, settleDown, listeners, journal: services.journal };
}

/** Nothing hears of the client or of the attempt any more. */
function expectNoListeners({ writer, listeners }: ReturnType<typeof setUp>): void {
  expect([writer.onDrain, listeners.at(-1) ?? null]).toEqual([null, null]);
}

describe('run-attempt: streams', () => {
  it('[MON-5] [MON-8] a whole stream: opened before it is sent, closed with the last usage', async () => {
    const test = setUp();
    const { journal, writer, services } = test;
    services.clock.advance(5);
    const failure = await test.run((call) => {
      expect(journal.opened).toHaveLength(1);
      services.clock.advance(20);
      answerStream([PRELUDE, CONTENT, ENDING])(call);
    });
    expect(failure).toBeNull();
    expect([writer.state, writer.status, writer.body]).toEqual(['ended', 200, PRELUDE + CONTENT + ENDING]);
    expect(journal.closed).toMatchObject([
      {
        ...journal.opened[0],
        accountId: ACCOUNT_ID,
        userId: USER_ID,
        model: MODEL,
        stream: true,
        state: 'settled',
        status: 200,
        errorCode: null,
        usage: { inputTokens: 100, outputTokens: 20 },
        standardCost: parseUsd('0.0006'),
        actualCost: parseUsd('0.0009'),
        firstTokenMs: 20,
        upstreamRequestId: 'req_up',
      },
    ]);
    expectNoListeners(test);
  });

  it.each([
    ['in one chunk', [PRELUDE + CONTENT + ENDING]],
    ['in three', [PRELUDE, CONTENT, ENDING]],
    ['byte by byte', [...(PRELUDE + CONTENT + ENDING)]],
  ])('[MON-6] the journal has it before the client sees the end, %s', async (_, parts) => {
    const { journal, writer, run } = setUp();
    writer.onWrite = (chunk) => {
      if (chunk.includes('message_stop')) expect(journal.closed).toMatchObject([{ state: 'settled' }]);
    };
    await run(answerStream(parts));
    expect(writer.body).toContain('message_stop');
    expect.hasAssertions();
  });

  it('[API-2] asks for the mapped model, and answers with the one asked for', async () => {
    const { services, writer, run, journal } = setUp({ stream: true }, 'claude-opus-4-1');
    await run(answerStream([buildPrelude('claude-opus-4-1'), CONTENT, ENDING]));
    const sent = JSON.parse(services.upstream.calls[0]?.request.body?.toString() ?? '') as { model: string };
    expect(sent.model).toBe('claude-opus-4-1');
    expect(writer.body).toBe(PRELUDE + CONTENT + ENDING);
    expect(journal.closed).toMatchObject([{ model: MODEL, upstreamModel: 'claude-opus-4-1' }]);
  });

  it('[API-2] no byte is lost behind the end of the message', async () => {
    const { writer, run } = setUp({ stream: true }, 'claude-opus-4-1');
    await run(answerStream([buildPrelude('claude-opus-4-1'), CONTENT, ENDING, 'ev']));
    expect(writer.body).toBe(`${PRELUDE}${CONTENT}${ENDING}ev`);
    expect(writer.state).toBe('ended');
  });

  it('a whole stream without usage is estimated from what came', async () => {
    const { journal, run } = setUp();
    const start = event('message_start', { message: { id: 'msg_1' } });
    await run(answerStream([start + CONTENT + event('message_stop')]));
    expect(journal.closed).toMatchObject([{ state: 'estimated', status: 200 }]);
    expect(journal.closed[0]?.usage).toMatchObject({ inputTokens: ESTIMATED_INPUT, outputTokens: 9 });
  });

  it.each<[string, (call: FakeCall) => void, object, object]>([
    ['401', answerJson(401, {}), { reason: 'auth' }, { status: 401, errorCode: 'upstream_error' }],
    ['403', answerJson(403, {}), { reason: 'forbidden' }, { status: 403, errorCode: 'upstream_error' }],
    [
      '429',
      answerJson(429, {}, { 'retry-after': '7' }),
      { reason: 'rate-limited', retryAfterMs: 7_000 },
      { status: 429, errorCode: 'upstream_rate_limited', upstreamRequestId: 'req_up' },
    ],
    ['529', answerJson(529, {}), { reason: 'overloaded' }, { status: 529, errorCode: 'overloaded' }],
    [
      '500',
      answerJson(500, 'oops'),
      { reason: 'server-error' },
      { status: 500, errorCode: 'upstream_error' },
    ],
    ['no connection', answerFault, { reason: 'refused' }, { status: 502, errorCode: 'upstream_error' }],
    [
      'an error event before content',
      answerStream([PRELUDE, ERROR('overloaded_error')]),
      { reason: 'overloaded' },
      { status: 529, errorCode: 'overloaded', usage: { inputTokens: 100 } },
    ],
    [
      'a reset before content',
      answerStream([PRELUDE], 'reset'),
      { reason: 'reset' },
      { status: 200, errorCode: 'upstream_error', usage: { inputTokens: 100 } },
    ],
    ['an end before content', answerStream([PRELUDE]), { reason: 'bad-answer' }, { status: 200 }],
    ['HTML', answerStream(['<html>\n\n']), { reason: 'bad-answer' }, { status: 200 }],
  ])(
    '[SEL-5] [MON-7] %s: another account may try, the row is billed to nobody',
    async (_, answer, failure, row) => {
      const test = setUp();
      expect(await test.run(answer)).toMatchObject(failure);
      expect([test.writer.state, test.writer.body]).toEqual(['idle', '']);
      expect(test.journal.closed).toMatchObject([{ state: 'failed', actualCost: 0n, ...row }]);
      expect(test.services.logger.lines).toMatchObject([{ level: 'warn', message: 'attempt failed' }]);
      expectNoListeners(test);
    },
  );

  it('[REQ-7] a deadline before content: another account may try', async () => {
    const { services, run, settleDown, journal } = setUp();
    const running = run();
    await settleDown();
    services.clock.advance(1_000);
    // The ticker takes one beat to see that the loop is not blocked, one more to judge.
    expect(await running).toMatchObject({ reason: 'timeout' });
    expect(services.upstream.calls[0]?.isAborted).toBe(true);
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 502, errorCode: 'upstream_timeout' }]);
  });

  it.each<[string, string]>([
    ['between two events', CONTENT],
    ['inside an event', CONTENT + CONTENT.slice(0, 30)],
  ])(
    '[REQ-2] [SEL-5] breaks off after content, %s: the protocol’s error event, then the end',
    async (_, sent) => {
      const test = setUp();
      expect(await test.run(answerStream([PRELUDE, sent], 'reset'))).toBeNull();
      const { writer, journal } = test;
      expect(writer.body).toBe(PRELUDE + sent + (sent === CONTENT ? '' : '\n\n'));
      expect([writer.state, writer.error?.code]).toEqual(['ended', 'upstream_error']);
      expect(writer.error?.message).not.toMatch(/203\.0\.113|sk-up/);
      expect(journal.closed).toMatchObject([
        {
          state: 'failed',
          status: 200,
          errorCode: 'upstream_error',
          actualCost: 0n,
          usage: { inputTokens: 100 },
          upstreamRequestId: 'req_up',
        },
      ]);
      expectNoListeners(test);
    },
  );

  it('[API-2] breaks off while a mapped event is held back: it goes out as it came', async () => {
    const { writer, run } = setUp({ stream: true }, 'claude-opus-4-1');
    const second = buildPrelude('claude-opus-4-1').slice(0, 40);
    await run(answerStream([buildPrelude('claude-opus-4-1'), CONTENT, second], 'reset'));
    expect(writer.body).toBe(`${PRELUDE}${CONTENT}${second}\n\n`);
    expect(writer.error?.code).toBe('upstream_error');
  });

  it('the upstream’s own error event after content is passed on, and no second one', async () => {
    const { writer, run, journal } = setUp();
    writer.onWrite = (chunk) => {
      if (chunk.includes('event: error')) expect(journal.closed).toHaveLength(1);
    };
    await run(answerStream([PRELUDE, CONTENT, ERROR('overloaded_error')]));
    expect(writer.body).toBe(PRELUDE + CONTENT + ERROR('overloaded_error'));
    expect([writer.state, writer.error]).toEqual(['ended', null]);
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 200, actualCost: 0n }]);
  });

  it('back-pressure: a slow client pauses the upstream, and wakes it', async () => {
    const { services, writer, run, settleDown } = setUp();
    writer.takesMore = false;
    const running = run(answerStream([PRELUDE, CONTENT], 'open'));
    await settleDown();
    const [call] = services.upstream.calls;
    expect(call?.isPaused).toBe(true);
    writer.takesMore = true;
    writer.onDrain?.();
    expect(call?.isPaused).toBe(false);
    call?.data(ENDING);
    call?.handler.onEnd();
    await running;
    expect(writer.state).toBe('ended');
  });
});

describe('run-attempt: plain answers', () => {
  it('[MON-3] is settled with its usage before it goes out', async () => {
    const test = setUp({});
    const body = JSON.stringify({ id: 'msg_1', model: MODEL, usage: USAGE });
    let sent = 0;
    test.writer.send = (status, headers, bytes) => {
      sent += 1;
      expect(test.journal.closed).toHaveLength(1);
      expect([status, headers['x-tollgate-attempts'], bytes.toString()]).toEqual([200, '1', body]);
    };
    expect(await test.run(answerJson(200, body))).toBeNull();
    expect(sent).toBe(1);
    expect(test.journal.closed).toMatchObject([
      {
        state: 'settled',
        stream: false,
        usage: { inputTokens: 100, outputTokens: 20 },
        firstTokenMs: 0,
        upstreamRequestId: 'req_up',
      },
    ]);
    expectNoListeners(test);
  });

  it('without usage it is marked as estimated', async () => {
    const { journal, run } = setUp({});
    await run(answerJson(200, { id: 'msg_1' }));
    expect(journal.closed).toMatchObject([{ state: 'estimated', status: 200 }]);
    expect(journal.closed[0]?.priceVersion).not.toBeNull();
    expect(journal.closed[0]?.usage.inputTokens).toBeGreaterThan(0);
  });

  it.each<[string, string]>([
    ['half an object', '{"id":'],
    ['an array', '[]'],
    ['text', 'ok'],
    ['nothing', ''],
  ])('%s is no answer: another account may try', async (_, body) => {
    const { journal, writer, run } = setUp({});
    expect(await run(answerJson(200, body))).toMatchObject({ reason: 'bad-answer' });
    expect([writer.state, journal.closed[0]?.state]).toEqual(['idle', 'failed']);
  });

  it('an answer over the limit is no answer, and is cut', async () => {
    const { services, run } = setUp({});
    services.answerBytesMax = 10;
    expect(await run(answerJson(200, { id: 'msg_123456789' }))).toMatchObject({ reason: 'bad-answer' });
    expect(services.upstream.calls[0]?.isAborted).toBe(true);
  });

  it.each([400, 404, 413, 422])('[REQ-6] an upstream %d is passed on as it came', async (status) => {
    const test = setUp({});
    const body = '{ "type":"error", "error":{"type":"invalid_request_error","message":"no"} }';
    expect(await test.run(answerJson(status, body))).toBeNull();
    expect([test.writer.status, test.writer.body]).toEqual([status, body]);
    expect(test.journal.closed).toMatchObject([
      { state: 'failed', status, errorCode: 'invalid_request', actualCost: 0n, upstreamRequestId: 'req_up' },
    ]);
    expectNoListeners(test);
  });

  it('[REQ-5] an error that came only in part is told in our words', async () => {
    const { writer, run, journal } = setUp({});
    await run((call) => {
      call.handler.onHeaders(400, { 'content-type': 'application/json' });
      call.data('{"type":"error","error":{"mess');
      answerFault(call);
    });
    expect([writer.status, writer.error?.code, writer.body]).toEqual([502, 'upstream_error', '']);
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 400 }]);
  });
});

describe('run-attempt: the client leaves', () => {
  it('[MON-7] before the headers: cut at once, failed with 499', async () => {
    const test = setUp();
    const running = test.run();
    await test.settleDown();
    test.writer.leave();
    expect(await running).toBeNull();
    expect(test.services.upstream.calls[0]?.isAborted).toBe(true);
    expect(test.journal.closed).toMatchObject([
      { state: 'failed', status: 499, errorCode: 'client_closed', actualCost: 0n },
    ]);
    expectNoListeners(test);
  });

  it('[MON-7] in the middle: estimated from what came, and billed', async () => {
    const { writer, journal, run, settleDown } = setUp();
    const running = run(answerStream([PRELUDE, CONTENT, CONTENT], 'open'));
    await settleDown();
    writer.leave();
    await running;
    expect(journal.closed).toMatchObject([{ state: 'estimated', status: 499, usage: { inputTokens: 100 } }]);
    expect(journal.closed[0]?.usage.outputTokens).toBeGreaterThan(1);
    expect(journal.closed[0]?.actualCost).toBeGreaterThan(parseUsd('0.00045'));
  });

  it('[MON-7] in the middle of a stream that named no usage: estimated from what was relayed', async () => {
    const { writer, journal, run, settleDown } = setUp();
    const start = event('message_start', { message: { id: 'msg_1' } });
    const running = run(answerStream([start, CONTENT], 'open'));
    await settleDown();
    writer.leave();
    await running;
    expect(journal.closed).toMatchObject([{ state: 'estimated', status: 499 }]);
    expect(journal.closed[0]?.usage).toMatchObject({ inputTokens: ESTIMATED_INPUT, outputTokens: 9 });
  });

  it('[MON-7] with the whole message here but its last bytes held back: the reported usage counts', async () => {
    const { writer, journal, run, settleDown } = setUp();
    const running = run(answerStream([PRELUDE, CONTENT, ENDING], 'open'));
    await settleDown();
    expect(writer.body).toBe(PRELUDE + CONTENT);
    writer.leave();
    await running;
    expect(journal.closed).toMatchObject([
      {
        state: 'settled',
        status: 499,
        errorCode: 'client_closed',
        usage: { inputTokens: 100, outputTokens: 20 },
        actualCost: parseUsd('0.0009'),
        upstreamRequestId: 'req_up',
      },
    ]);
  });

  it('[MON-7] had left before the attempt was sent: closed all the same', async () => {
    const { writer, journal, run, services } = setUp();
    writer.leave();
    expect(await run(answerStream([PRELUDE, CONTENT, ENDING]))).toBeNull();
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 499 }]);
    expect(services.upstream.calls[0]?.isAborted).toBe(true);
  });

  it('inside the very write that tells it: nothing is written after it, one row', async () => {
    const { writer, journal, run } = setUp();
    writer.onWrite = () => writer.leave();
    await run(answerStream([PRELUDE, CONTENT, CONTENT, ENDING]));
    expect([writer.body, journal.closed.length, journal.closed[0]?.status]).toEqual(['', 1, 499]);
  });

  it('after its last byte: the row stays as it is', async () => {
    const test = setUp();
    await test.run(answerStream([PRELUDE, CONTENT, ENDING]));
    test.writer.leave();
    expect(test.journal.closed).toMatchObject([{ state: 'settled', status: 200 }]);
  });
});

describe('run-attempt: faults of ours', () => {
  it('[MON-6] the journal is full: 503, and nothing is sent', async () => {
    const test = setUp();
    test.journal.isFull = true;
    await expect(test.run()).rejects.toMatchObject({
      code: 'unavailable',
      status: 503,
      retryAfterMs: 5_000,
    });
    expect([test.services.upstream.calls.length, test.journal.closed.length, test.context.attempts]).toEqual([
      0, 0, 0,
    ]);
    expectNoListeners(test);
  });

  it('the journal cannot be written at all: the fault is not hidden', async () => {
    const test = setUp();
    test.journal.open = () => {
      throw new Error('EIO');
    };
    await expect(test.run()).rejects.toThrow('EIO');
    expect(test.services.upstream.calls).toEqual([]);
  });

  it('[MON-6] the end cannot be written down: the client does not see it, the upstream is cut', async () => {
    const test = setUp();
    let tries = 0;
    test.journal.beforeClose = () => {
      tries += 1;
      if (tries === 1) throw new Error('EIO');
    };
    await expect(test.run(answerStream([PRELUDE, CONTENT, ENDING]))).rejects.toThrow('EIO');
    expect(test.writer.body).toBe(PRELUDE + CONTENT);
    // Tried once more when the attempt is put away.
    expect(test.journal.closed).toMatchObject([{ state: 'failed', status: 500, errorCode: 'internal' }]);
    expectNoListeners(test);
  });

  it.each(['startStream', 'write'] as const)('the writer throws in %s: closed as ours', async (method) => {
    const test = setUp();
    test.writer[method] = () => {
      throw new Error('broken');
    };
    await expect(test.run(answerStream([PRELUDE, CONTENT, ENDING], 'open'))).rejects.toThrow('broken');
    expect(test.services.upstream.calls[0]?.isAborted).toBe(true);
    expect(test.journal.closed).toMatchObject([
      { state: 'failed', status: 500, errorCode: 'internal', usage: { inputTokens: 100 }, actualCost: 0n },
    ]);
    expectNoListeners(test);
  });

  it('the upstream client throws: closed as ours', async () => {
    const test = setUp();
    test.services.upstream.send = () => {
      throw new Error('broken');
    };
    await expect(test.run()).rejects.toThrow('broken');
    expect(test.journal.closed).toMatchObject([{ state: 'failed', status: 500 }]);
  });
});
