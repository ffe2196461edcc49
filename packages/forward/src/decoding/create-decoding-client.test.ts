import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UpstreamClient, UpstreamHandler, UpstreamRequest } from '../port.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import { WHOLE_STREAM } from '../test-upstream/sample-stream.ts';
import { createDecodingClient } from './create-decoding-client.ts';

const request: UpstreamRequest = {
  method: 'POST',
  origin: 'http://up',
  path: '/',
  headers: {},
  body: null,
  connectTimeoutMs: 1,
};

/** An upstream in memory that answers with the pieces, each in memory that it reuses. */
function answer(coding: string, pieces: Buffer[], log: string[] = []): UpstreamClient {
  return {
    send(_request: UpstreamRequest, handler: UpstreamHandler) {
      setImmediate(() => {
        handler.onHeaders(200, { 'content-encoding': coding, 'content-length': '9', 'content-type': 'x/y' });
        for (const piece of pieces) {
          const reused = Buffer.from(piece);
          handler.onData(reused);
          reused.fill(0);
        }
        handler.onEnd();
      });
      return {
        pause: () => log.push('pause'),
        resume: () => log.push('resume'),
        abort: () => log.push('abort'),
      };
    },
    close: async () => {},
  };
}

async function run(client: UpstreamClient): Promise<RecordingHandler> {
  const handler = new RecordingHandler();
  createDecodingClient(client).send(request, handler);
  await handler.over;
  return handler;
}

describe('an upstream that compresses although identity was asked for', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
    ['br', brotliCompressSync],
  ])('%s is undone, whatever the cut, and its headers go', async (coding, compress) => {
    const bytes = compress(Buffer.from(WHOLE_STREAM));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (size) => {
        const count = Math.ceil(bytes.length / size);
        const pieces = Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
        const handler = await run(answer(coding, pieces));
        expect(handler.body.toString()).toBe(WHOLE_STREAM);
        expect(handler.headers).toEqual({ 'content-type': 'x/y' });
        expect(handler.calls.at(-1)).toBe('end');
      }),
      { numRuns: 10 },
    );
  });

  it.each(['gzip', 'deflate', 'zstd'])('a claimed %s over plain bytes passes as it is', async (coding) => {
    const handler = await run(answer(coding, [Buffer.from(WHOLE_STREAM)]));
    expect(handler.body.toString()).toBe(WHOLE_STREAM);
    expect(handler.headers).toEqual({ 'content-type': 'x/y' });
  });

  it('an empty answer ends', async () => {
    expect((await run(answer('gzip', []))).calls).toEqual(['headers', 'end']);
  });

  it('a coding that cannot be undone keeps its header, so that nobody takes it for plain', async () => {
    const handler = await run(answer('compress', [Buffer.from('??')]));
    expect(handler.headers['content-encoding']).toBe('compress');
  });

  it('a broken or cut coding is a fault, told once, and the call is ended', async () => {
    const whole = gzipSync(Buffer.from(WHOLE_STREAM));
    const broken = Buffer.from(whole);
    broken.fill(0xff, 12, 40);
    for (const bytes of [broken, whole.subarray(0, whole.length - 12)]) {
      const log: string[] = [];
      const handler = await run(answer('gzip', [bytes], log));
      expect(handler.fault?.kind).toBe('protocol');
      expect(handler.calls.filter((call) => call.startsWith('error'))).toHaveLength(1);
      expect(log).toContain('abort');
    }
  });

  it('after abort nothing comes', async () => {
    const handler = new RecordingHandler();
    const call = createDecodingClient(answer('gzip', [gzipSync('text')])).send(request, handler);
    await handler.started;
    call.abort();
    await new Promise((resolve) => {
      setTimeout(resolve, 30);
    });
    expect(handler.calls).toEqual(['headers']);
  });

  it('a bomb is held back while the owner is paused', async () => {
    const handler = new RecordingHandler();
    const log: string[] = [];
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const pieces = Array.from({ length: 8 }, (_, i) =>
      bomb.subarray((i * bomb.length) / 8, ((i + 1) * bomb.length) / 8),
    );
    const call = createDecodingClient(answer('gzip', pieces, log)).send(request, handler);
    handler.onChunk = () => call.pause();
    await handler.started;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect(handler.body.length).toBeLessThan(1024 * 1024);
    expect(log).toContain('pause');
    call.abort();
  });
});
