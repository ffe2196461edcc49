import { createStreamMeter, type ProtocolStreamMeter } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import { openBench, waitUntil, type BenchOptions } from '../test-upstream/attempt-bench.ts';
import { buildChunk, LAST_CHUNK } from '../test-upstream/http-text.ts';
import type { UpstreamScript } from '../test-upstream/scripted-upstream.ts';
import { buildSseEvent, ERROR_TAILS } from '../test-upstream/error-tails.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const begin = (text: string): UpstreamScript => {
  return ({ socket }) => socket.write(Buffer.concat([Buffer.from(head), buildChunk(text)]));
};
const responses = ERROR_TAILS.find(({ name }) => name === 'responses: error, then failed') ?? ERROR_TAILS[0];
const open = (script: UpstreamScript, overrides: BenchOptions = {}) =>
  openBench(script, { protocol: 'responses', meter: createStreamMeter('responses'), ...overrides });

describe('what an upstream says behind its own error', () => {
  const { content = '', error = '', rest = '' } = responses ?? {};

  it('[SEL-5] reaches the client, though it comes in a later read', async () => {
    const meter = createStreamMeter('responses');
    await using bench = await open(
      (exchange) => {
        const { socket } = exchange;
        begin(content + error)(exchange);
        void whenFailed(meter).then(() => {
          socket.write(buildChunk(rest));
          socket.write(LAST_CHUNK);
        });
      },
      { meter, lingerMs: 60_000 },
    );
    expect(await bench.run.ended).toMatchObject({
      kind: 'broken',
      reason: 'stream-error',
      isErrorSent: true,
    });
    expect(bench.sink.text).toBe(content + error + rest);
    // Told once, before the last bytes; all of it may be the first that the client gets.
    const { log } = bench.sink;
    expect(log.filter((line) => line === 'before stream-error')).toHaveLength(1);
    expect(log.slice(log.indexOf('before stream-error')).filter((line) => line === 'write')).toHaveLength(1);
  });

  it('[REQ-7] is waited for no longer than a moment', async () => {
    await using bench = await open(begin(content + error), { lingerMs: 30 });
    expect(await bench.run.ended).toMatchObject({ kind: 'broken', isErrorSent: true, isMidEvent: false });
    expect(bench.sink.text).toBe(content + error);
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });

  it('[REQ-7] is bounded in bytes: an upstream that goes on is cut', async () => {
    const more = buildSseEvent('response.output_text.delta', { delta: 'x'.repeat(3000) });
    await using bench = await open(
      (exchange) => {
        const { socket } = exchange;
        begin(content + error)(exchange);
        const goOn = (): void =>
          void (socket.writable && socket.write(buildChunk(more), () => setImmediate(goOn)));
        goOn();
      },
      { lingerMs: 60_000, preludeBytesMax: 8192 },
    );
    expect(await bench.run.ended).toMatchObject({ kind: 'broken', reason: 'stream-error' });
    await waitUntil(() => bench.upstream.closedByPeer === 1);
    expect(bench.sink.text.startsWith(content + error)).toBe(true);
  });

  it('[REQ-7] a client that leaves meanwhile gets nothing of it, and the upstream is cut', async () => {
    const meter = createStreamMeter('responses');
    await using bench = await open(begin(content + error), { meter, lingerMs: 60_000 });
    await whenFailed(meter);
    bench.run.clientLeft();
    expect(await bench.run.ended).toMatchObject({ kind: 'client-left' });
    expect(bench.sink.log).not.toContain('before stream-error');
    await waitUntil(() => bench.upstream.closedByPeer === 1);
  });
});

async function whenFailed(meter: ProtocolStreamMeter): Promise<void> {
  await waitUntil(() => meter.error !== null);
}
