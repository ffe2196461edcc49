import { describe, expect, it } from 'vitest';
import { openBench, waitUntil } from '../test-upstream/attempt-bench.ts';
import {
  buildChunk,
  buildHead,
  buildJsonAnswer,
  buildStreamHead,
  LAST_CHUNK,
} from '../test-upstream/http-text.ts';
import { buildDelta, CONTENT, ENDING, PRELUDE, WHOLE_STREAM } from '../test-upstream/sample-stream.ts';
import type { Exchange, UpstreamScript } from '../test-upstream/scripted-upstream.ts';
import type { UpstreamClient } from '../port.ts';
import { forwardAttempt } from './forward-attempt.ts';
import { RecordingSink } from '../test-upstream/recording-sink.ts';
import { SampleMeter } from '../test-upstream/sample-meter.ts';

const send = (socket: Exchange['socket'], ...parts: string[]): void => {
  socket.write(buildStreamHead());
  for (const part of parts) socket.write(buildChunk(part));
};

describe('a client that leaves', () => {
  const states: [name: string, wantsStream: boolean, script: UpstreamScript][] = [
    ['before headers', true, () => {}],
    ['in the prelude', true, ({ socket }) => send(socket, PRELUDE)],
    ['after content', true, ({ socket }) => send(socket, PRELUDE, CONTENT)],
    [
      'inside a plain answer',
      false,
      ({ socket }) => socket.write(`${buildHead(200, { 'content-length': '9' })}{`),
    ],
    [
      'inside an error body',
      true,
      ({ socket }) => socket.write(`${buildHead(500, { 'content-length': '9' })}{`),
    ],
  ];
  it.each(states)(
    '[REQ-7] %s: the upstream is cut at once and nothing more is written',
    async (_name, wantsStream, script) => {
      await using bench = await openBench(script, { wantsStream });
      await waitUntil(() => bench.upstream.requests === 1);
      await new Promise((resolve) => {
        setTimeout(resolve, 30);
      });
      const { writes } = bench.sink;
      bench.run.clientLeft();
      bench.run.clientLeft();
      expect(await bench.run.ended).toMatchObject({ kind: 'client-left' });
      await waitUntil(() => bench.upstream.closedByPeer === 1);
      expect(bench.sink.writes).toBe(writes);
    },
  );

  it('[REQ-7] at once after the start: the request never goes out', async () => {
    await using bench = await openBench(({ socket }) => send(socket, WHOLE_STREAM));
    bench.run.clientLeft();
    expect(await bench.run.ended).toMatchObject({ kind: 'client-left' });
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    await waitUntil(() => bench.upstream.closedByPeer === bench.upstream.connections);
    expect(bench.upstream.requests).toBe(0);
  });

  it('[REQ-7] inside startStream: nothing is written', async () => {
    const later: { leave?: () => void } = {};
    await using bench = await openBench(({ socket }) => send(socket, PRELUDE, CONTENT), {
      prepareSink: (sink) => (sink.onStart = () => later.leave?.()),
    });
    later.leave = () => bench.run.clientLeft();
    expect(await bench.run.ended).toMatchObject({ kind: 'client-left' });
    expect(bench.sink.log).toEqual(['start']);
  });

  it('after the end changes nothing', async () => {
    await using bench = await openBench(({ socket }) => send(socket, WHOLE_STREAM));
    const end = await bench.run.ended;
    bench.run.clientLeft();
    bench.run.drain();
    expect(await bench.run.ended).toBe(end);
  });
});

describe('a slow client', () => {
  it('pauses the upstream, so that a flood stays in the network, and loses nothing', async () => {
    const deltas = Array.from({ length: 400 }, (_, i) => buildDelta(`${i} ${'x'.repeat(64 * 1024)}`));
    let handedOver = 0;
    await using bench = await openBench(
      ({ socket }) => {
        send(socket, PRELUDE, CONTENT);
        const next = (): void => {
          while (handedOver < deltas.length && socket.write(buildChunk(deltas[handedOver++] ?? '')));
        };
        socket.on('drain', next);
        next();
      },
      { prepareSink: (sink) => (sink.takesMore = false) },
    );
    await waitUntil(() => bench.sink.writes > 0);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect(bench.sink.bytesLength).toBeLessThan(512 * 1024);
    expect(handedOver).toBeLessThan(deltas.length);
    bench.sink.takesMore = true;
    bench.run.drain();
    const total = Buffer.byteLength(PRELUDE + CONTENT + deltas.join(''));
    await waitUntil(() => bench.sink.bytesLength === total);
    expect(bench.sink.text).toBe(PRELUDE + CONTENT + deltas.join(''));
    bench.run.clientLeft();
  });

  it('that never drains still has the whole answer handed over once the end is there', async () => {
    await using bench = await openBench(
      ({ socket }) => {
        send(socket, WHOLE_STREAM);
        socket.write(LAST_CHUNK);
      },
      { prepareSink: (sink) => (sink.takesMore = false) },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.upstream.closedByPeer).toBe(0);
  });
});

describe('an end that comes while the upstream is paused', () => {
  it('lets the upstream go on, so that it can end', async () => {
    const log: string[] = [];
    const client: UpstreamClient = {
      send(_request, handler) {
        setImmediate(() => {
          handler.onHeaders(200, { 'content-type': 'text/event-stream' });
          handler.onData(Buffer.from(PRELUDE + CONTENT));
          handler.onData(Buffer.from(ENDING));
        });
        return {
          pause: () => log.push('pause'),
          resume: () => {
            log.push('resume');
            setImmediate(() => handler.onEnd());
          },
          abort: () => log.push('abort'),
        };
      },
      close: async () => {},
    };
    await using bench = await openBench(() => {}, {
      client,
      prepareSink: (sink) => (sink.takesMore = false),
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(log).toEqual(['pause', 'resume']);
    expect(bench.sink.text).toBe(WHOLE_STREAM);
  });
});

describe('a stale connection', () => {
  it('is retried once on a fresh one, and the attempt is answered', async () => {
    await using bench = await openBench(({ socket, requestOnSocket }) => {
      if (requestOnSocket > 1) return socket.resetAndDestroy();
      send(socket, WHOLE_STREAM);
      return socket.write(LAST_CHUNK);
    });
    await bench.run.ended;
    await waitUntil(() => bench.upstream.requests === 1);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    const sink = new RecordingSink();
    const second = forwardAttempt({ ...bench.options, sink, meter: new SampleMeter() });
    expect(await second.ended).toMatchObject({ kind: 'answered' });
    expect(sink.text).toBe(WHOLE_STREAM);
    expect(bench.upstream.requests).toBe(3);
    expect(bench.upstream.connections).toBe(2);
  });

  it('is not mistaken for an upstream that resets everything', async () => {
    await using bench = await openBench(({ socket }) => socket.resetAndDestroy());
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason: 'reset' });
    expect(bench.upstream.requests).toBe(1);
  });
});

describe('faults of our own', () => {
  it('[MON-6] a journal that throws rejects, sends nothing of the end and cuts the upstream', async () => {
    await using bench = await openBench(({ socket }) => send(socket, WHOLE_STREAM), {
      beforeFinish: () => {
        throw new Error('disk full');
      },
    });
    await expect(bench.run.ended).rejects.toThrow('disk full');
    expect(bench.sink.log).toEqual([]);
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });

  it('a validity check that throws rejects', async () => {
    await using bench = await openBench(({ socket }) => socket.write(buildJsonAnswer(200, '{}')), {
      wantsStream: false,
      isWholeJson: () => {
        throw new Error('broken check');
      },
    });
    await expect(bench.run.ended).rejects.toThrow('broken check');
  });
});
