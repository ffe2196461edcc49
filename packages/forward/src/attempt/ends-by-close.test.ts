import { createStreamMeter } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import { openBench, type BenchOptions } from '../test-upstream/attempt-bench.ts';
import { buildChunk, LAST_CHUNK } from '../test-upstream/http-text.ts';
import type { UpstreamScript } from '../test-upstream/scripted-upstream.ts';

const part = (text: string, rest: object = {}): object => ({
  candidates: [{ content: { parts: [{ text }] }, ...rest }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
});
const event = (data: object): string => `data: ${JSON.stringify(data)}\r\n\r\n`;
const BEGUN = event(part('Hel'));
const FINISHED = BEGUN + event(part('lo', { finishReason: 'STOP' }));

const answer =
  (type: string, text: string, ending: 'end' | 'reset' | 'silence'): UpstreamScript =>
  ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
    socket.write(buildChunk(text));
    if (ending === 'end') socket.write(LAST_CHUNK);
    if (ending === 'reset') setTimeout(() => socket.resetAndDestroy(), 30);
  };
const open = (script: UpstreamScript, overrides: BenchOptions = {}) =>
  openBench(script, {
    protocol: 'gemini',
    meter: createStreamMeter('gemini'),
    deadlines: { idleMs: 100 },
    ...overrides,
  });

/** Gemini has no event that ends a stream: the close is its end. */
describe('a stream that ends by its close', () => {
  it.each(['end', 'reset', 'silence'] as const)('[SEL-5] all has come, then %s: whole', async (ending) => {
    await using bench = await open(answer('text/event-stream', FINISHED, ending));
    expect(await bench.run.ended).toMatchObject({ kind: 'answered', status: 200 });
    expect([bench.sink.text, bench.sink.log.filter((line) => line === 'before complete')]).toEqual([
      FINISHED,
      ['before complete'],
    ]);
  });

  it.each([
    ['end', 'bad-answer'],
    ['reset', 'reset'],
    ['silence', 'timeout'],
  ] as const)('[SEL-5] no finish reason, then %s: broken', async (ending, reason) => {
    await using bench = await open(answer('text/event-stream', BEGUN, ending));
    expect(await bench.run.ended).toMatchObject({ kind: 'broken', reason });
  });

  it('[SEL-5] a JSON array where that was asked for', async () => {
    const text = `[${JSON.stringify(part('Hello', { finishReason: 'STOP' }))}\n]`;
    await using bench = await open(answer('application/json; charset=UTF-8', text, 'end'), {
      streamMediaType: 'application/json',
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'answered' });
    expect(bench.sink.text).toBe(text);
  });

  it('[SEL-5] a JSON array without its bracket is broken, even if all has come', async () => {
    const text = `[${JSON.stringify(part('Hello', { finishReason: 'STOP' }))}\n`;
    await using bench = await open(answer('application/json', text, 'reset'), {
      streamMediaType: 'application/json',
    });
    expect(await bench.run.ended).toMatchObject({ kind: 'broken', reason: 'reset' });
  });

  it('[SEL-5] an error inside a 200 speaks of the account in the vendor’s own words', async () => {
    const error = { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x' } };
    const script = answer('application/json', JSON.stringify(error), 'end');
    await using plain = await open(script, { wantsStream: false });
    expect(await plain.run.ended).toMatchObject({ kind: 'retryable', reason: 'rate-limited', status: 429 });
    await using streamed = await open(script, { streamMediaType: 'application/json' });
    expect(await streamed.run.ended).toMatchObject({ kind: 'retryable', reason: 'rate-limited' });
  });
});

describe('an error status', () => {
  it.each([
    [401, 'auth'],
    [429, 'rate-limited'],
    [500, 'server-error'],
  ])('[REQ-6] %i counts, whatever type the body names', async (status, reason) => {
    const body = JSON.stringify({ error: { type: 'invalid_request_error', message: 'x', code: null } });
    const script: UpstreamScript = ({ socket }) => {
      socket.write(`HTTP/1.1 ${status} No\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    };
    await using bench = await openBench(script, { protocol: 'chat', meter: createStreamMeter('chat') });
    expect(await bench.run.ended).toMatchObject({ kind: 'retryable', reason, status });
  });
});
