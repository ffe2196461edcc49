import { describe, expect, it } from 'vitest';
import { openBench, waitUntil, type BenchOptions } from '../test-upstream/attempt-bench.ts';
import { buildChunk, buildJsonAnswer, buildStreamHead, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { SampleGatherer } from '../test-upstream/sample-gatherer.ts';
import {
  buildDelta,
  buildErrorEvent,
  CONTENT,
  ENDING,
  PRELUDE,
  WHOLE_STREAM,
} from '../test-upstream/sample-stream.ts';
import type { Exchange, UpstreamScript } from '../test-upstream/scripted-upstream.ts';

const TEXT = '{"text":"Grüße 👋 世界"}';
const send = (socket: Exchange['socket'], ...parts: string[]): void => {
  socket.write(buildStreamHead());
  for (const part of parts) socket.write(buildChunk(part));
};
const openGathering = (script: UpstreamScript, options: BenchOptions = {}) =>
  openBench(script, { wantsStream: false, gatherer: new SampleGatherer(), ...options });

describe('a plain answer of an upstream that only streams', () => {
  it('[API-3] is the whole stream in one, and nothing of the stream reaches the client', async () => {
    await using bench = await openGathering(({ socket }) => {
      send(socket, WHOLE_STREAM);
      socket.write(LAST_CHUNK);
    });
    const end = await bench.run.ended;
    expect(end).toMatchObject({ kind: 'answered-json', status: 200 });
    expect(end.kind === 'answered-json' && end.body.toString()).toBe(TEXT);
    expect([bench.sink.log, end.timings.firstContentAtMs]).toEqual([[], expect.any(Number)]);
  });

  it('[API-3] an upstream that answers plainly all the same is taken at its word', async () => {
    await using bench = await openGathering(({ socket }) => socket.write(buildJsonAnswer(200, '{"a":1}')));
    const end = await bench.run.ended;
    expect(end.kind === 'answered-json' && end.body.toString()).toBe('{"a":1}');
  });

  it.each([
    ['a close', ({ socket }: Exchange) => socket.end(), 0],
    ['a reset', ({ socket }: Exchange) => setTimeout(() => socket.resetAndDestroy(), 20), 0],
    ['silence', () => {}, 1],
  ])('[SEL-5] behind its end %s harms nothing', async (_name, finish, closedByUs) => {
    await using bench = await openGathering(
      (exchange) => {
        send(exchange.socket, WHOLE_STREAM);
        finish(exchange);
      },
      { lingerMs: 60 },
    );
    const end = await bench.run.ended;
    expect(end.kind === 'answered-json' && end.body.toString()).toBe(TEXT);
    await waitUntil(() => bench.upstream.closedByPeer >= closedByUs);
  });

  it('[MON-8] a second message in the same stream is the answer', async () => {
    await using bench = await openGathering(({ socket }) => {
      send(socket, WHOLE_STREAM, PRELUDE);
      const rest = [buildChunk(buildDelta('second') + ENDING), Buffer.from(LAST_CHUNK)];
      setTimeout(() => socket.write(Buffer.concat(rest)), 20);
    });
    const end = await bench.run.ended;
    expect(end.kind === 'answered-json' && end.body.toString()).toBe('{"text":"second"}');
  });
});

describe('a stream that makes no answer', () => {
  it.each([
    ['no end', PRELUDE + CONTENT, 'the stream ended before its answer was whole'],
    ['half a second message', WHOLE_STREAM + PRELUDE, 'the stream ended before its answer was whole'],
    ['nothing', '', 'the first event is none of this protocol'],
    ['HTML', '<html>\n\n', 'the first event is none of this protocol'],
  ])('[SEL-5] %s: another account may try', async (_name, text, message) => {
    await using bench = await openGathering(({ socket }) => {
      send(socket, ...(text === '' ? [] : [text]));
      socket.write(LAST_CHUNK);
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason: 'bad-answer', message });
    expect(bench.sink.log).toEqual([]);
  });

  it('[SEL-5] one that breaks in the middle: another account may try', async () => {
    await using bench = await openGathering(({ socket }) => {
      send(socket, PRELUDE + CONTENT);
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason: 'reset' });
  });

  it('[SEL-5] a whole one that the client cannot be given', async () => {
    await using bench = await openGathering(({ socket }) => send(socket, WHOLE_STREAM), {
      isWholeJson: () => false,
    });
    expect(await bench.run.ended).toMatchObject({
      kind: 'retryable',
      message: 'the stream has made no whole answer',
    });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });

  it('[SEL-5] more than may be kept: cut, and another account may try', async () => {
    await using bench = await openGathering(
      ({ socket }) => send(socket, PRELUDE, buildDelta('x'.repeat(99))),
      {
        gatherer: new SampleGatherer(50),
      },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', message: 'the answer is too large' });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });

  it.each([PRELUDE, PRELUDE + CONTENT])(
    '[SEL-5] an error event is judged like an answer (%#)',
    async (text) => {
      await using bench = await openGathering(({ socket }) =>
        send(socket, text, buildErrorEvent('overloaded_error')),
      );
      const end = await bench.run.ended;
      expect(end).toMatchObject({ kind: 'retryable', reason: 'overloaded', status: 529 });
      expect(end.kind === 'retryable' && end.body?.toString()).toContain('from upstream');
      await waitUntil(() => bench.upstream.closedByPeer === 1);
    },
  );
});

describe('[REQ-7] deadlines of a gathered answer', () => {
  it('idle: a stall behind content', async () => {
    await using bench = await openGathering(({ socket }) => send(socket, PRELUDE, CONTENT), {
      deadlines: { idleMs: 60 },
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', message: 'idle deadline' });
  });

  it('first content: only a prelude', async () => {
    await using bench = await openGathering(({ socket }) => send(socket, PRELUDE), {
      deadlines: { firstContentMs: 60 },
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', message: 'first-content deadline' });
  });

  it('first content: met by the first word, however long the whole takes', async () => {
    await using bench = await openGathering(
      ({ socket }) => {
        send(socket, PRELUDE, CONTENT);
        setTimeout(() => socket.write(Buffer.concat([buildChunk(ENDING), Buffer.from(LAST_CHUNK)])), 1_500);
      },
      { deadlines: { firstContentMs: 1_000 } },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'answered-json' });
  });

  it('whole: a stream that does not end', async () => {
    await using bench = await openGathering(({ socket }) => send(socket, PRELUDE, CONTENT), {
      totalDeadlineAtMs: 0,
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', message: 'total deadline' });
  });

  it('a client that leaves: the upstream is cut', async () => {
    await using bench = await openGathering(({ socket }) => send(socket, PRELUDE, CONTENT));
    await waitUntil(() => bench.options.meter.firstContentAt !== null);
    bench.run.clientLeft();
    expect(await bench.run.ended).toMatchObject({ kind: 'client-left' });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });

  it('[MON-7] one that is read on ends as it would have with a client', async () => {
    await using bench = await openGathering(({ socket }) => {
      send(socket, PRELUDE, CONTENT);
      setTimeout(() => socket.write(Buffer.concat([buildChunk(ENDING), Buffer.from(LAST_CHUNK)])), 40);
    });
    await waitUntil(() => bench.upstream.requests === 1);
    bench.run.readOn();
    expect(await bench.run.ended).toMatchObject({ kind: 'answered-json' });
  });
});
