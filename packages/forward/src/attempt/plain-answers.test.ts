import { describe, expect, it } from 'vitest';
import { openBench } from '../test-upstream/attempt-bench.ts';
import { buildHead, buildJsonAnswer, buildStreamHead } from '../test-upstream/http-text.ts';
import { buildErrorJson } from '../test-upstream/sample-stream.ts';

describe('a plain answer', () => {
  it('[API-2] comes whole and byte for byte, with its headers', async () => {
    const body = '{ "id":"msg_1",  "n": 1e3, "text":"Grüße" }';
    await using bench = await openBench(
      ({ socket }) => socket.write(buildJsonAnswer(200, body, { 'request-id': 'req_9' })),
      {
        wantsStream: false,
      },
    );
    const end = await bench.run.ended;
    expect(end).toMatchObject({ kind: 'answered-json', status: 200, headers: { 'request-id': 'req_9' } });
    expect(end.kind === 'answered-json' && end.body.toString()).toBe(body);
    expect(bench.sink.log).toEqual([]);
  });

  it.each([
    ['cut JSON with a right length', '{"id":'],
    ['an empty body', ''],
    ['an array', '[1]'],
    ['HTML', '<html></html>'],
  ])('[SEL-5] %s is a bad answer', async (_name, body) => {
    await using bench = await openBench(({ socket }) => socket.write(buildJsonAnswer(200, body)), {
      wantsStream: false,
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason: 'bad-answer', status: 200 });
  });

  it('[SEL-5] a body shorter than its length is no answer', async () => {
    await using bench = await openBench(
      ({ socket }) => socket.end(`${buildHead(200, { 'content-length': '50' })}{"id":"a"}`),
      {
        wantsStream: false,
      },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason: 'reset' });
  });

  it('[SEL-5] one that passes the limit is a bad answer', async () => {
    await using bench = await openBench(
      ({ socket }) => socket.write(buildJsonAnswer(200, `{"a":"${'x'.repeat(5000)}"}`)),
      {
        wantsStream: false,
        jsonBytesMax: 1000,
      },
    );
    expect(await bench.run.ended).toMatchObject({
      kind: 'retryable',
      reason: 'bad-answer',
      message: 'the answer is too large',
    });
  });

  it('an answer with `error` among other things is an answer', async () => {
    const body = '{"id":"resp_1","error":null,"usage":{}}';
    await using bench = await openBench(({ socket }) => socket.write(buildJsonAnswer(200, body)), {
      wantsStream: false,
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'answered-json' });
  });
});

describe('error statuses', () => {
  it.each([
    [401, 'auth'],
    [402, 'forbidden'],
    [403, 'forbidden'],
    [429, 'rate-limited'],
    [503, 'overloaded'],
    [529, 'overloaded'],
    [408, 'server-error'],
    [409, 'server-error'],
    [500, 'server-error'],
    [504, 'server-error'],
    [301, 'bad-answer'],
    [304, 'bad-answer'],
  ])('[REQ-6] %i is retryable: %s', async (status, reason) => {
    await using bench = await openBench(({ socket }) =>
      socket.write(buildHead(status, { 'content-length': '0' })),
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason, status });
  });

  it.each([400, 404, 413, 422, 405, 415])('[REQ-6] %i is the client’s own error', async (status) => {
    const body = buildErrorJson('invalid_request_error');
    await using bench = await openBench(({ socket }) => socket.write(buildJsonAnswer(status, body)));
    const end = await bench.run.ended;
    expect(end).toMatchObject({ kind: 'client-error', status, isBodyWhole: true });
    expect(end.kind === 'client-error' && end.body.toString()).toBe(body);
  });

  it.each([true, false])(
    '[REQ-6] an error in a 200 goes by its type (stream wanted: %s)',
    async (wantsStream) => {
      for (const [type, expected] of [
        ['rate_limit_error', { kind: 'retryable', reason: 'rate-limited', status: 429 }],
        ['authentication_error', { kind: 'retryable', reason: 'auth', status: 401 }],
        ['something_new', { kind: 'retryable', reason: 'server-error', status: 500 }],
        ['invalid_request_error', { kind: 'client-error', status: 400 }],
      ] as const) {
        await using bench = await openBench(
          ({ socket }) => socket.write(buildJsonAnswer(200, buildErrorJson(type))),
          {
            wantsStream,
          },
        );
        expect(await bench.run.ended).toMatchObject(expected);
      }
    },
  );

  it('[REQ-6] keeps what the upstream asks to wait, the body and its error', async () => {
    const body = buildErrorJson('rate_limit_error');
    await using bench = await openBench(({ socket }) =>
      socket.write(buildJsonAnswer(429, body, { 'retry-after': '24' })),
    );
    const end = await bench.run.ended;
    expect(end).toMatchObject({
      retryAfterMs: 24_000,
      error: { type: 'rate_limit_error', message: 'from upstream' },
    });
    expect(end.kind === 'retryable' && end.body?.toString()).toBe(body);
  });

  it('[SEL-5] an error body without end is cut, and is not whole', async () => {
    await using bench = await openBench(
      ({ socket }) => {
        socket.write(buildStreamHead().replace('200', '400'));
        socket.write(`fffff\r\n${'x'.repeat(200_000)}`);
      },
      { errorBytesMax: 1000 },
    );
    const end = await bench.run.ended;
    expect(end).toMatchObject({ kind: 'client-error', isBodyWhole: false });
    expect(end.kind === 'client-error' && end.body.length).toBe(1000);
  });

  it('an encoded error body is not passed on', async () => {
    await using bench = await openBench(({ socket }) =>
      socket.write(buildJsonAnswer(400, 'xxxx', { 'content-encoding': 'gzip' })),
    );
    expect(await bench.run.ended).toMatchObject({
      kind: 'client-error',
      isBodyWhole: false,
      body: Buffer.alloc(0),
    });
  });
});
