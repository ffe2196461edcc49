import { expect, it } from 'vitest';
import { openBench, waitUntil } from '../test-upstream/attempt-bench.ts';
import {
  buildChunk,
  buildHead,
  buildJsonAnswer,
  buildStreamHead,
  LAST_CHUNK,
} from '../test-upstream/http-text.ts';
import { buildDelta, CONTENT, ENDING, PRELUDE } from '../test-upstream/sample-stream.ts';
import type { Exchange } from '../test-upstream/scripted-upstream.ts';

// MON-7, policy `drain`: the client has gone, the upstream is read on for its usage.

/** Begins a stream; the rest goes out when the test says so. */
function beginStream(...parts: string[]) {
  const late: { socket?: Exchange['socket'] } = {};
  return {
    script({ socket }: Exchange): void {
      late.socket = socket;
      socket.write(buildStreamHead());
      for (const part of parts) socket.write(buildChunk(part));
    },
    sendRest: (...rest: string[]) => {
      for (const part of rest) late.socket?.write(buildChunk(part));
      late.socket?.write(LAST_CHUNK);
    },
  };
}

it('[MON-7] to its end: the owner is told, the sink hears nothing more', async () => {
  const stream = beginStream(PRELUDE, CONTENT);
  await using bench = await openBench(stream.script);
  await waitUntil(() => bench.sink.writes > 0);
  bench.run.readOn();
  stream.sendRest(buildDelta('more'), ENDING);
  expect(await bench.run.ended).toMatchObject({ kind: 'answered', status: 200 });
  expect(bench.options.meter.isComplete).toBe(true);
  expect(bench.sink.text).toBe(PRELUDE + CONTENT);
  expect(bench.sink.log.at(-1)).toBe('before complete');
});

it('[MON-7] before its content: the stream never begins', async () => {
  const stream = beginStream(PRELUDE);
  await using bench = await openBench(stream.script);
  await waitUntil(() => bench.upstream.requests === 1);
  bench.run.readOn();
  stream.sendRest(CONTENT, ENDING);
  expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
  expect(bench.sink.log).toEqual(['before complete']);
});

it('[MON-7] a client that read too slowly no longer holds the upstream up', async () => {
  const stream = beginStream(PRELUDE, CONTENT);
  await using bench = await openBench(stream.script, { prepareSink: (sink) => (sink.takesMore = false) });
  await waitUntil(() => bench.sink.writes > 0);
  bench.run.readOn();
  stream.sendRest(...Array.from({ length: 50 }, () => buildDelta('x'.repeat(100_000))), ENDING);
  expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
});

it('[MON-7] its bound is over: cut, and no end is told', async () => {
  const stream = beginStream(PRELUDE, CONTENT);
  await using bench = await openBench(stream.script);
  await waitUntil(() => bench.sink.writes > 0);
  bench.run.readOn();
  bench.run.clientLeft();
  expect(await bench.run.ended).toMatchObject({ kind: 'client-left', status: 200, plainBytes: 0 });
  await waitUntil(() => bench.upstream.closedByPeer === 1);
  expect(bench.sink.log).not.toContain('before complete');
});

it('[REQ-7] the deadlines of the request still hold', async () => {
  const stream = beginStream(PRELUDE, CONTENT);
  await using bench = await openBench(stream.script, { deadlines: { idleMs: 60 } });
  await waitUntil(() => bench.sink.writes > 0);
  bench.run.readOn();
  expect(await bench.run.ended).toMatchObject({ kind: 'broken', reason: 'timeout' });
});

it('[MON-7] a plain answer: whole', async () => {
  const late: { socket?: Exchange['socket'] } = {};
  await using bench = await openBench(({ socket }) => (late.socket = socket), { wantsStream: false });
  await waitUntil(() => bench.upstream.requests === 1);
  bench.run.readOn();
  late.socket?.write(buildJsonAnswer(200, '{"id":"msg_1"}'));
  expect(await bench.run.ended).toMatchObject({ kind: 'answered-json', status: 200 });
});

it('[MON-7] a plain answer that is cut tells how much of it had come', async () => {
  await using bench = await openBench(
    ({ socket }) => socket.write(`${buildHead(200, { 'content-length': '99' })}{"id":`),
    {
      wantsStream: false,
    },
  );
  await waitUntil(() => bench.upstream.requests === 1);
  await new Promise((resolve) => {
    setTimeout(resolve, 40);
  });
  bench.run.clientLeft();
  expect(await bench.run.ended).toMatchObject({ kind: 'client-left', status: 200, plainBytes: 6 });
});

it('[MON-7] after the end it changes nothing', async () => {
  const stream = beginStream(PRELUDE, CONTENT);
  await using bench = await openBench(stream.script);
  await waitUntil(() => bench.sink.writes > 0);
  stream.sendRest(ENDING);
  const end = await bench.run.ended;
  bench.run.readOn();
  expect(await bench.run.ended).toBe(end);
  expect(bench.sink.text).toBe(PRELUDE + CONTENT + ENDING);
});
