import { parseUsd } from '@tollgate/core';
import { geminiArrayDialect } from '../dialects/gemini-dialects.ts';
import { JsonArrayState } from '../json-array-state.ts';
import { describe, expect, it } from 'vitest';
import { ACCOUNT_ID, MODEL, USER_ID } from '../testing/build-snapshots.ts';
import {
  answerFault,
  answerJson,
  answerStream,
  CONTENT,
  ENDING,
  event,
  buildPrelude,
  type FakeCall,
} from '../testing/fake-upstream.ts';
import {
  buildErrorEvent,
  ESTIMATED_INPUT,
  expectNoListeners,
  PRELUDE,
  setUpAttempt,
} from '../testing/set-up-attempt.ts';

describe('run-attempt: streams', () => {
  it('[MON-5] [MON-8] a whole stream: opened before it is sent, closed with the last usage', async () => {
    const test = setUpAttempt();
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
    const { journal, writer, run } = setUpAttempt();
    writer.onWrite = (chunk) => {
      if (chunk.includes('message_stop')) expect(journal.closed).toMatchObject([{ state: 'settled' }]);
    };
    await run(answerStream(parts));
    expect(writer.body).toContain('message_stop');
    expect.hasAssertions();
  });

  it('[API-2] asks for the mapped model, and answers with the one asked for', async () => {
    const { services, writer, run, journal } = setUpAttempt({ stream: true }, 'claude-opus-4-1');
    await run(answerStream([buildPrelude('claude-opus-4-1'), CONTENT, ENDING]));
    const sent = JSON.parse(services.upstream.calls[0]?.request.body?.toString() ?? '') as { model: string };
    expect(sent.model).toBe('claude-opus-4-1');
    expect(writer.body).toBe(PRELUDE + CONTENT + ENDING);
    expect(journal.closed).toMatchObject([{ model: MODEL, upstreamModel: 'claude-opus-4-1' }]);
  });

  it('[API-2] no byte is lost behind the end of the message', async () => {
    const { writer, run } = setUpAttempt({ stream: true }, 'claude-opus-4-1');
    await run(answerStream([buildPrelude('claude-opus-4-1'), CONTENT, ENDING, 'ev']));
    expect(writer.body).toBe(`${PRELUDE}${CONTENT}${ENDING}ev`);
    expect(writer.state).toBe('ended');
  });

  it('a whole stream without usage is estimated from what came', async () => {
    const { journal, run } = setUpAttempt();
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
      answerStream([PRELUDE, buildErrorEvent('overloaded_error')]),
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
      const test = setUpAttempt();
      expect(await test.run(answer)).toMatchObject(failure);
      expect([test.writer.state, test.writer.body]).toEqual(['idle', '']);
      expect(test.journal.closed).toMatchObject([{ state: 'failed', actualCost: 0n, ...row }]);
      expect(test.services.logger.lines).toMatchObject([{ level: 'warn', message: 'attempt failed' }]);
      expectNoListeners(test);
    },
  );

  it('[REQ-7] a deadline before content: another account may try', async () => {
    const { services, run, settleDown, journal } = setUpAttempt();
    const running = run();
    await settleDown();
    // No faster than the ticker of deadlines, which takes a jump for a standstill.
    const time = setInterval(() => services.clock.advance(5), 5);
    expect(await running).toMatchObject({ reason: 'timeout' });
    clearInterval(time);
    expect(services.upstream.calls[0]?.isAborted).toBe(true);
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 502, errorCode: 'upstream_timeout' }]);
  });

  it.each<[string, string]>([
    ['between two events', CONTENT],
    ['inside an event', CONTENT + CONTENT.slice(0, 30)],
  ])(
    '[REQ-2] [SEL-5] breaks off after content, %s: the protocol’s error event, then the end',
    async (_, sent) => {
      const test = setUpAttempt();
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
    const { writer, run } = setUpAttempt({ stream: true }, 'claude-opus-4-1');
    const second = buildPrelude('claude-opus-4-1').slice(0, 40);
    await run(answerStream([buildPrelude('claude-opus-4-1'), CONTENT, second], 'reset'));
    expect(writer.body).toBe(`${PRELUDE}${CONTENT}${second}\n\n`);
    expect(writer.error?.code).toBe('upstream_error');
  });

  it('the upstream’s own error event after content is passed on, and no second one', async () => {
    const { writer, run, journal } = setUpAttempt();
    writer.onWrite = (chunk) => {
      if (chunk.includes('event: error')) expect(journal.closed).toHaveLength(1);
    };
    await run(answerStream([PRELUDE, CONTENT, buildErrorEvent('overloaded_error')]));
    expect(writer.body).toBe(PRELUDE + CONTENT + buildErrorEvent('overloaded_error'));
    expect([writer.state, writer.error]).toEqual(['ended', null]);
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 200, actualCost: 0n }]);
  });

  it('[REQ-2] the upstream’s own error event lacks its blank line: it gets one, and no second error behind it', async () => {
    const { writer, run, journal } = setUpAttempt();
    const error = buildErrorEvent('overloaded_error');
    await run(answerStream([PRELUDE, CONTENT, error.slice(0, -1)]));
    expect(writer.body).toBe(`${PRELUDE}${CONTENT}${error}\n`);
    expect([writer.state, writer.error]).toEqual(['ended', null]);
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 200, actualCost: 0n }]);
  });

  it.each([
    ['left open', '', '\n]'],
    ['closed', '\n]', ''],
  ])(
    '[REQ-2] the upstream’s own error in a JSON array that is %s: the client gets a whole one',
    async (_, rest, mended) => {
      const { context, writer, run } = setUpAttempt();
      Object.assign(context, { dialect: geminiArrayDialect, arrayState: new JsonArrayState() });
      const error = `[{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\n,{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}`;
      await run((call) => {
        call.handler.onHeaders(200, { 'content-type': 'application/json' });
        call.data(error + rest);
        call.handler.onEnd();
      });
      expect(writer.body).toBe(error + rest + mended);
      expect([writer.state, writer.error]).toEqual(['ended', null]);
    },
  );

  it('back-pressure: a slow client pauses the upstream, and wakes it', async () => {
    const { services, writer, run, settleDown } = setUpAttempt();
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
