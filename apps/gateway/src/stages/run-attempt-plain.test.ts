import { describe, expect, it } from 'vitest';
import { MODEL } from '../testing/build-snapshots.ts';
import { answerFault, answerJson } from '../testing/fake-upstream.ts';
import { expectNoListeners, setUpAttempt, USAGE } from '../testing/set-up-attempt.ts';

describe('run-attempt: plain answers', () => {
  it('[MON-3] is settled with its usage before it goes out', async () => {
    const test = setUpAttempt({});
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
    const { journal, run } = setUpAttempt({});
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
    const { journal, writer, run } = setUpAttempt({});
    expect(await run(answerJson(200, body))).toMatchObject({ reason: 'bad-answer' });
    expect([writer.state, journal.closed[0]?.state]).toEqual(['idle', 'failed']);
  });

  it('an answer over the limit is no answer, and is cut', async () => {
    const { services, run } = setUpAttempt({});
    services.answerBytesMax = 10;
    expect(await run(answerJson(200, { id: 'msg_123456789' }))).toMatchObject({ reason: 'bad-answer' });
    expect(services.upstream.calls[0]?.isAborted).toBe(true);
  });

  it.each([400, 404, 413, 422])('[REQ-6] an upstream %d is passed on as it came', async (status) => {
    const test = setUpAttempt({});
    const body = '{ "type":"error", "error":{"type":"invalid_request_error","message":"no"} }';
    expect(await test.run(answerJson(status, body))).toBeNull();
    expect([test.writer.status, test.writer.body]).toEqual([status, body]);
    expect(test.journal.closed).toMatchObject([
      { state: 'failed', status, errorCode: 'invalid_request', actualCost: 0n, upstreamRequestId: 'req_up' },
    ]);
    expectNoListeners(test);
  });

  it('[REQ-5] an error that came only in part is told in our words', async () => {
    const { writer, run, journal } = setUpAttempt({});
    await run((call) => {
      call.handler.onHeaders(400, { 'content-type': 'application/json' });
      call.data('{"type":"error","error":{"mess');
      answerFault(call);
    });
    expect([writer.status, writer.error?.code, writer.body]).toEqual([502, 'upstream_error', '']);
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 400 }]);
  });
});
