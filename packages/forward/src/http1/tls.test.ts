import { setTimeout as sleep } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { createCertificate } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { openLean, post, send, serve, until } from '../conformance/fixture.ts';
import { buildChunk, buildJsonAnswer, buildStreamHead, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { buildOpenGuard } from '../test-upstream/open-guard.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';

const tls = createCertificate(Date.now());
const trusting = buildOpenGuard({ ca: tls.cert });
const OK = buildJsonAnswer(200, '{}');

describe('over TLS', () => {
  it('uses a connection again, carries large bodies both ways', async () => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    const received: number[] = [];
    const upstream = await serve(({ socket, body }) => {
      received.push(body.length);
      socket.write(buildJsonAnswer(200, large));
    }, tls);
    const client = openLean({ policy: trusting });
    for (const body of [Buffer.alloc(10), Buffer.alloc(2 * 1024 * 1024)]) {
      const handler = await send(client, post(`https://localhost:${upstream.port}`, { body }));
      expect([handler.status, handler.fault]).toEqual([200, null]);
      expect(handler.body.toString()).toBe(large);
    }
    expect(received).toEqual([10, 2 * 1024 * 1024]);
    expect(upstream.connections).toBe(1);
  });

  it('many streams at once share one read buffer without mixing', async () => {
    const upstream = await serve(async ({ socket, body }) => {
      socket.write(buildStreamHead());
      for (let i = 0; i < 50; i += 1) {
        socket.write(buildChunk(body.toString().repeat(5000)));
        await sleep(1);
      }
      socket.write(LAST_CHUNK);
    }, tls);
    const client = openLean({ policy: trusting });
    await Promise.all(
      Array.from('abcdefghijklmnopqrst', async (letter) => {
        const origin = `https://127.0.0.1:${upstream.port}`;
        const handler = await send(client, post(origin, { body: Buffer.from(letter) }));
        expect([handler.fault, handler.body.length]).toEqual([null, 250_000]);
        expect(handler.body.equals(Buffer.alloc(250_000, letter))).toBe(true);
      }),
    );
  });

  it('a certificate that nobody vouches for is refused', async () => {
    const upstream = await serve(({ socket }) => socket.write(OK), tls);
    const handler = await send(openLean(), post(`https://localhost:${upstream.port}`));
    expect(handler.fault).toMatchObject({ kind: 'refused', isStaleSocket: false });
    expect(upstream.requests).toBe(0);
  });

  it('plain HTTP where TLS is expected is refused', async () => {
    const upstream = await serve(() => {});
    upstream.onConnect = (socket) => socket.write(OK);
    const handler = await send(openLean(), post(`https://127.0.0.1:${upstream.port}`));
    expect(handler.fault?.kind).toBe('refused');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'resumes the session of %s on a new connection',
    async (version) => {
      const reused: boolean[] = [];
      const server = createServer({ ...tls, minVersion: version, maxVersion: version }, (socket) => {
        reused.push(socket.isSessionReused());
        socket.on('error', () => {});
        socket.on('data', () => socket.write(OK));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const client = openLean({ policy: trusting });
      for (let i = 0; i < 3; i += 1) {
        const handler = await send(client, post(`https://127.0.0.1:${port}`, { freshSocket: true }));
        expect(handler.fault).toBeNull();
      }
      expect(reused).toEqual([false, true, true]);
      await client.close();
      server.close();
    },
  );

  it('pause holds the upstream back, and nothing is lost', async () => {
    const total = 24 * 1024 * 1024;
    let isDrained = false;
    const upstream = await serve(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\nconnection: close\r\n\r\n`);
      socket.end(Buffer.alloc(total, 'x'), () => (isDrained = true));
    }, tls);
    let length = 0;
    let chunks = 0;
    const { promise, resolve } = Promise.withResolvers<string>();
    const call = openLean({ policy: trusting }).send(post(`https://127.0.0.1:${upstream.port}`), {
      onHeaders() {},
      onData(chunk) {
        length += chunk.length;
        chunks += 1;
        if (chunks !== 3 && chunks % 5 !== 0) return;
        call.pause();
        if (chunks !== 3) setImmediate(() => call.resume());
      },
      onEnd: () => resolve('end'),
      onError: ({ kind }) => resolve(kind),
    });
    await until(() => chunks === 3);
    await sleep(100);
    expect([chunks, isDrained]).toEqual([3, false]);
    call.resume();
    expect(await promise).toBe('end');
    expect(length).toBe(total);
  });

  it('abort closes the connection', async () => {
    const upstream = await serve(({ socket }) => socket.write(buildStreamHead()), tls);
    const handler = new RecordingHandler();
    const call = openLean({ policy: trusting }).send(post(`https://127.0.0.1:${upstream.port}`), handler);
    await handler.started;
    call.abort();
    await until(() => upstream.closedByPeer === 1);
    expect(handler.calls).toEqual(['headers']);
  });
});
