import { describe, expect, it } from 'vitest';
import { openBench, waitUntil } from '../test-upstream/attempt-bench.ts';
import {
  buildChunk,
  buildHead,
  buildJsonAnswer,
  buildStreamHead,
  LAST_CHUNK,
} from '../test-upstream/http-text.ts';
import {
  buildDelta,
  buildErrorEvent,
  buildErrorJson,
  CONTENT,
  ENDING,
  PRELUDE,
  WHOLE_STREAM,
} from '../test-upstream/sample-stream.ts';
import type { UpstreamScript } from '../test-upstream/scripted-upstream.ts';
import type { AnswerHead } from './attempt-options.ts';

const stream =
  (...parts: (string | Buffer)[]): UpstreamScript =>
  ({ socket }) => {
    socket.write(buildStreamHead());
    for (const part of parts) socket.write(buildChunk(part));
  };

const streamAndEnd =
  (...parts: (string | Buffer)[]): UpstreamScript =>
  (exchange) => {
    stream(...parts)(exchange);
    exchange.socket.write(LAST_CHUNK);
  };

describe('a whole stream', () => {
  it('[API-2] passes byte for byte, prelude and content in one write, with the journal before the end', async () => {
    await using bench = await openBench(streamAndEnd(WHOLE_STREAM));
    const end = await bench.run.ended;
    expect(end).toMatchObject({ kind: 'answered', status: 200, stream: true });
    expect(end.timings.firstContentAtMs).toBeGreaterThanOrEqual(end.timings.startedAtMs);
    expect(bench.sink.text).toBe(WHOLE_STREAM);
    expect(bench.sink.log).toEqual(['before complete', 'start', 'write']);
  });

  it.each([
    ['with its end', streamAndEnd(WHOLE_STREAM)],
    ['and its end later', stream(WHOLE_STREAM)],
  ])(
    '[MON-8] that comes in one piece %s has its first content told before its end',
    async (_when, script) => {
      const heard: (AnswerHead | null)[] = [];
      await using bench = await openBench(script, { beforeFinish: (_outcome, head) => heard.push(head) });
      const { timings } = await bench.run.ended;
      expect(heard).toEqual([expect.objectContaining({ firstContentAtMs: expect.any(Number) })]);
      expect(heard[0]?.firstContentAtMs).toBe(timings.firstContentAtMs);
    },
  );

  it('[SEL-5] holds the prelude until content comes', async () => {
    const later: { send?: (bytes: Buffer) => void } = {};
    await using bench = await openBench((exchange) => {
      stream(PRELUDE)(exchange);
      later.send = (bytes) => void exchange.socket.write(bytes);
    });
    await waitUntil(() => bench.upstream.requests === 1);
    await new Promise((resolve) => {
      setTimeout(resolve, 60);
    });
    expect(bench.sink.log).toEqual([]);
    later.send?.(buildChunk(CONTENT));
    await waitUntil(() => bench.sink.writes === 1);
    later.send?.(Buffer.concat([buildChunk(ENDING), Buffer.from(LAST_CHUNK)]));
    await bench.run.ended;
    expect(bench.sink.text).toBe(WHOLE_STREAM);
    expect(bench.sink.log).toEqual(['start', 'write', 'before complete', 'write']);
  });

  it('one byte a chunk, so half a character a chunk too', async () => {
    await using bench = await openBench(
      streamAndEnd(...Array.from(Buffer.from(WHOLE_STREAM), (byte) => Buffer.of(byte))),
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(WHOLE_STREAM);
  });

  it('giant events pass', async () => {
    const giant = buildDelta('x'.repeat(3 * 1024 * 1024));
    await using bench = await openBench(streamAndEnd(PRELUDE, CONTENT, giant, ENDING));
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(PRELUDE + CONTENT + giant + ENDING);
  });

  it('an overfull prelude is let go rather than kept', async () => {
    const noise = `: ${'k'.repeat(2000)}\n\n`.repeat(10);
    await using bench = await openBench(streamAndEnd(PRELUDE, noise, WHOLE_STREAM), {
      preludeBytesMax: 8192,
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(PRELUDE + noise + WHOLE_STREAM);
  });

  it('without any content is an answer too', async () => {
    await using bench = await openBench(streamAndEnd(PRELUDE, ENDING));
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(PRELUDE + ENDING);
  });

  it('after 1xx answers', async () => {
    await using bench = await openBench((exchange) => {
      exchange.socket.write('HTTP/1.1 102 Processing\r\n\r\n');
      streamAndEnd(WHOLE_STREAM)(exchange);
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
  });

  it('with an error event behind its end, in the same bytes, is still whole', async () => {
    await using bench = await openBench(stream(WHOLE_STREAM + buildErrorEvent('api_error')));
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
  });

  it('that ends lets the connection be used again', async () => {
    await using bench = await openBench(streamAndEnd(WHOLE_STREAM));
    await bench.run.ended;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect(bench.upstream.closedByPeer).toBe(0);
  });

  it('may carry a second message behind the first: all bytes pass, the end is told once', async () => {
    await using bench = await openBench(streamAndEnd(WHOLE_STREAM, PRELUDE, CONTENT + ENDING));
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(WHOLE_STREAM + WHOLE_STREAM);
    expect(bench.sink.log.filter((each) => each.startsWith('before'))).toEqual(['before complete']);
  });

  it('is whole without the blank line of its last event', async () => {
    await using bench = await openBench(streamAndEnd(WHOLE_STREAM.slice(0, -1)));
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(WHOLE_STREAM.slice(0, -1));
  });

  it('ends for the client at message_stop even if the upstream never does, which is cut after its moment', async () => {
    await using bench = await openBench(stream(WHOLE_STREAM), { lingerMs: 60 });
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
    expect(bench.sink.text).toBe(WHOLE_STREAM);
  });

  it.each([
    ['garbage', '\u0000 not a chunk\r\n', ''],
    ['more events', buildChunk(CONTENT).toString(), CONTENT],
    ['an error event', buildChunk(buildErrorEvent('api_error')).toString(), buildErrorEvent('api_error')],
  ])('is not hurt by %s after message_stop', async (_name, later, passed) => {
    await using bench = await openBench(
      (exchange) => {
        stream(WHOLE_STREAM)(exchange);
        setTimeout(() => exchange.socket.write(later), 20);
      },
      { lingerMs: 80 },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
    expect(bench.sink.text).toBe(WHOLE_STREAM + passed);
  });
});

describe('before content another account can be tried', () => {
  const cases: [name: string, expected: object, script: UpstreamScript][] = [
    [
      'a reset before the first byte',
      { reason: 'reset', status: 0 },
      ({ socket }) => socket.resetAndDestroy(),
    ],
    [
      'a reset in the prelude',
      { reason: 'reset', status: 200 },
      (exchange) => {
        stream(PRELUDE)(exchange);
        setTimeout(() => exchange.socket.resetAndDestroy(), 20);
      },
    ],
    ['an end in the prelude', { reason: 'bad-answer' }, streamAndEnd(PRELUDE)],
    ['an empty stream', { reason: 'bad-answer' }, streamAndEnd()],
    [
      'garbage instead of HTTP',
      { reason: 'bad-answer', status: 0 },
      ({ socket }) => socket.write('220 smtp ready\r\n'),
    ],
    ['garbage instead of events', { reason: 'bad-answer' }, stream('<html>\n\n')],
    ['half an event', { reason: 'bad-answer' }, streamAndEnd(PRELUDE, CONTENT.slice(0, 20))],
    [
      'an overloaded error event',
      { reason: 'overloaded', status: 529, error: { type: 'overloaded_error' } },
      stream(PRELUDE, buildErrorEvent('overloaded_error')),
    ],
    [
      'an error event of no known type',
      { reason: 'stream-error', status: 500 },
      stream(buildErrorEvent('odd_error')),
    ],
    [
      'an invalid_request error event',
      { reason: 'stream-error' },
      stream(PRELUDE + buildErrorEvent('invalid_request_error')),
    ],
    [
      'a compressed stream',
      { reason: 'bad-answer' },
      ({ socket }) => socket.write(buildStreamHead({ 'content-encoding': 'gzip' })),
    ],
    [
      'an answer in HTML',
      { reason: 'bad-answer', status: 200 },
      ({ socket }) =>
        socket.write(`${buildHead(200, { 'content-type': 'text/html', 'content-length': '6' })}<html>`),
    ],
    [
      'an error in JSON inside a 200',
      { reason: 'overloaded', status: 529 },
      ({ socket }) => socket.write(buildJsonAnswer(200, buildErrorJson('overloaded_error'))),
    ],
  ];
  it.each(cases)('[SEL-5] %s', async (_name, expected, script) => {
    await using bench = await openBench(script);
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', sentBytes: false, ...expected });
    expect(bench.sink.log).toEqual([]);
  });

  it('[SEL-5] nobody listening', async () => {
    await using bench = await openBench(() => {}, {
      request: {
        method: 'POST',
        origin: 'http://127.0.0.1:1',
        path: '/',
        headers: {},
        body: null,
        connectTimeoutMs: 500,
      },
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason: 'refused', status: 0 });
  });
});

describe('after content', () => {
  it('[SEL-5] a reset breaks the stream, and says whether an event was cut', async () => {
    for (const cut of [true, false]) {
      await using bench = await openBench((exchange) => {
        stream(PRELUDE, CONTENT, cut ? 'event: mess' : CONTENT)(exchange);
        setTimeout(() => exchange.socket.resetAndDestroy(), 30);
      });
      expect(await bench.run.ended).toMatchObject({
        kind: 'broken',
        reason: 'reset',
        isMidEvent: cut,
        isErrorSent: false,
      });
    }
  });

  it('[SEL-5] an end without message_stop breaks the stream', async () => {
    await using bench = await openBench(streamAndEnd(PRELUDE, CONTENT));
    expect(await bench.run.ended).toMatchObject({ kind: 'broken', reason: 'bad-answer', isErrorSent: false });
    expect(bench.sink.text).toBe(PRELUDE + CONTENT);
  });

  it.each([[[PRELUDE, CONTENT]], [[PRELUDE + CONTENT]]])(
    '[SEL-5] the upstream’s own error event passes, then the stream ends (%#)',
    async (parts) => {
      const error = buildErrorEvent('overloaded_error');
      const last = parts.length === 1 ? [parts[0] + error] : [...parts, error];
      await using bench = await openBench(stream(...last));
      expect(await bench.run.ended).toMatchObject({
        kind: 'broken',
        reason: 'overloaded',
        isErrorSent: true,
        isMidEvent: false,
      });
      expect(bench.sink.text).toBe(PRELUDE + CONTENT + error);
      expect(bench.sink.log.at(-1)).toBe('write');
      expect(bench.sink.log).toContain('before stream-error');
      await waitUntil(() => bench.upstream.closedByPeer === 1);
    },
  );
});
