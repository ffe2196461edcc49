import { systemClock } from '@tollgate/core';
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
import { createDeadlineTicker } from './deadline-ticker.ts';
import type { Exchange } from '../test-upstream/scripted-upstream.ts';

const send = (socket: Exchange['socket'], ...parts: string[]): void => {
  socket.write(buildStreamHead());
  for (const part of parts) socket.write(buildChunk(part));
};

/** Writes a part each few ms until the socket is gone. */
const trickle = (socket: Exchange['socket'], part: string): void => {
  const timer = setInterval(() => socket.write(buildChunk(part)), 10);
  for (const over of ['end', 'close', 'error']) socket.on(over, () => clearInterval(timer));
};

describe('[REQ-7] deadlines', () => {
  it('first byte: an upstream that says nothing', async () => {
    await using bench = await openBench(() => {}, { deadlines: { firstByteMs: 60 } });
    expect(await bench.run.ended).toMatchObject({
      kind: 'retryable',
      reason: 'timeout',
      message: 'first-byte deadline',
    });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });

  it('idle in the prelude: a stall before content', async () => {
    await using bench = await openBench(({ socket }) => send(socket, PRELUDE), { deadlines: { idleMs: 60 } });
    expect(await bench.run.ended).toMatchObject({
      kind: 'retryable',
      reason: 'timeout',
      message: 'idle deadline',
    });
    expect(bench.sink.log).toEqual([]);
  });

  it('first content: an upstream that only ever pings', async () => {
    await using bench = await openBench(
      ({ socket }) => {
        send(socket, PRELUDE);
        trickle(socket, ': ping\n\n');
      },
      { deadlines: { idleMs: 20_000, firstContentMs: 120 } },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', message: 'first-content deadline' });
  });

  it('first content: a plain answer that never gets whole', async () => {
    await using bench = await openBench(
      ({ socket }) => socket.write(`${buildHead(200, { 'content-length': '9' })}{"a"`),
      {
        wantsStream: false,
        deadlines: { firstContentMs: 80 },
      },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', message: 'first-content deadline' });
  });

  it('idle after content: a stall breaks the stream', async () => {
    await using bench = await openBench(({ socket }) => send(socket, PRELUDE, CONTENT), {
      deadlines: { idleMs: 60 },
    });
    expect(await bench.run.ended).toMatchObject({
      kind: 'broken',
      reason: 'timeout',
      message: 'idle deadline',
    });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });

  it('total: an endless stream', async () => {
    await using bench = await openBench(
      ({ socket }) => {
        send(socket, PRELUDE, CONTENT);
        trickle(socket, buildDelta('and on'));
      },
      { totalDeadlineAtMs: systemClock.monotonicMs() + 1_000, deadlines: { idleMs: 20_000 } },
    );
    expect(await bench.run.ended).toMatchObject({
      kind: 'broken',
      reason: 'timeout',
      message: 'total deadline',
    });
  });

  it('slow events are no stall: idle counts from the last read', async () => {
    await using bench = await openBench(
      ({ socket }) => {
        send(socket, PRELUDE);
        const parts = [CONTENT, buildDelta('a'), buildDelta('b'), ENDING];
        for (const [i, part] of parts.entries())
          setTimeout(() => socket.write(buildChunk(part)), 400 * (i + 1));
        setTimeout(() => socket.write(LAST_CHUNK), 2_000);
      },
      { deadlines: { idleMs: 1_500 } },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
  });

  it('a body that stalls after an error status: the status stands', async () => {
    await using bench = await openBench(
      ({ socket }) => socket.write(`${buildHead(529, { 'content-length': '9' })}{"a"`),
      {
        deadlines: { idleMs: 60 },
      },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason: 'overloaded', status: 529 });
  });

  it('a slow client is no stall of the upstream', async () => {
    await using bench = await openBench(
      ({ socket }) => {
        send(socket, PRELUDE, CONTENT);
        setTimeout(() => socket.write(Buffer.concat([buildChunk(ENDING), Buffer.from(LAST_CHUNK)])), 20);
      },
      { deadlines: { idleMs: 1_000 }, prepareSink: (sink) => (sink.takesMore = false) },
    );
    await waitUntil(() => bench.sink.writes === 1);
    setTimeout(() => bench.run.drain(), 1_500);
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(WHOLE_STREAM);
  });

  it.each([
    ['before the head', 0],
    ['in the middle of the content', 1],
  ])('a standstill of this process counts for none: %s', async (_, writes) => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    const ticker = createDeadlineTicker(clock, 10);
    let ticks = 0;
    const counter = { tickPlace: -1, onTick: () => (ticks += 1) };
    ticker.add(counter);
    const { promise: exchanged, resolve } = Promise.withResolvers<Exchange['socket']>();
    await using bench = await openBench(
      ({ socket }) => {
        if (writes > 0) send(socket, PRELUDE, CONTENT);
        resolve(socket);
      },
      {
        clock,
        ticker,
        totalDeadlineAtMs: 1000,
        deadlines: { firstByteMs: 1000, firstContentMs: 1000, idleMs: 1000 },
      },
    );
    const socket = await exchanged;
    await waitUntil(() => bench.sink.writes === writes);
    nowMs += 600_000;
    const before = ticks;
    await waitUntil(() => ticks > before + 1);
    ticker.delete(counter);
    if (writes === 0) send(socket, PRELUDE, CONTENT);
    socket.write(Buffer.concat([buildChunk(ENDING), Buffer.from(LAST_CHUNK)]));
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(WHOLE_STREAM);
  });

  it('a fast answer meets none', async () => {
    await using bench = await openBench(({ socket }) => socket.write(buildJsonAnswer(200, '{}')), {
      wantsStream: false,
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'answered-json' });
  });
});
