import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openLean, post, send, serve } from '../conformance/fixture.ts';
import {
  buildChunk,
  buildHead,
  buildJsonAnswer,
  buildStreamHead,
  LAST_CHUNK,
} from '../test-upstream/http-text.ts';

const garbage = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const prefix = fc.constantFrom(
  '',
  'HTTP/1.1 200',
  buildStreamHead(),
  `${buildStreamHead()}3\r\nabc\r\n`,
  buildHead(200, { 'content-length': '100' }),
  buildHead(200, {}),
  buildJsonAnswer(200, '{}'),
);

function isEnd(call: string): boolean {
  return call === 'end' || call.startsWith('error');
}

describe('the http1 client', () => {
  it('ends each call exactly once, whatever the upstream writes before it closes', async () => {
    let answer: Buffer = Buffer.alloc(0);
    const upstream = await serve(({ socket }) => socket.end(answer));
    const client = openLean();
    const arbitrary = fc.tuple(prefix, fc.array(garbage, { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([start, rest]) => {
        answer = Buffer.concat([Buffer.from(start), ...rest]);
        const handler = await send(client, post(upstream.origin));
        expect(handler.calls.filter(isEnd)).toHaveLength(1);
        expect(isEnd(handler.calls.at(-1) ?? '')).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('any cut of an answer into writes gives the same', async () => {
    const text = Buffer.concat([
      Buffer.from(buildStreamHead({ 'x-a': '1' })),
      ...Array.from({ length: 20 }, (_, i) => buildChunk(`data: ${'y'.repeat(i * 7)}\n\n`)),
      Buffer.from(LAST_CHUNK),
    ]);
    const whole = Array.from({ length: 20 }, (_, i) => `data: ${'y'.repeat(i * 7)}\n\n`).join('');
    let cuts: number[] = [];
    const upstream = await serve(async ({ socket }) => {
      let from = 0;
      for (const to of [...cuts, text.length]) {
        socket.write(text.subarray(from, to));
        from = to;
        await sleep(1);
      }
    });
    const client = openLean();
    const sorted = fc.array(fc.nat({ max: text.length }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sorted, async (at) => {
        cuts = at.toSorted((a, b) => a - b);
        const handler = await send(client, post(upstream.origin));
        expect(handler.calls).toEqual(['headers', 'data', 'end']);
        expect(handler.body.toString()).toBe(whole);
      }),
      { numRuns: 60 },
    );
    expect(upstream.connections).toBe(1);
  });
});
