import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { buildHead, buildJsonAnswer } from '../test-upstream/http-text.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import type { Exchange } from '../test-upstream/scripted-upstream.ts';
import { CLIENTS, post, serve } from './fixture.ts';

describe.each(CLIENTS)('%s: a good exchange', (_name, { open, run }) => {
  it('sends the request as given, with its own connection headers, and asks for identity', async () => {
    let seen: Exchange | null = null;
    const handler = await run(
      (exchange) => {
        seen = exchange;
        exchange.socket.write(buildJsonAnswer(200, '{"ok":true}', { 'x-a': '1', 'X-B': '2', 'x-b': '3' }));
      },
      { headers: { 'x-api-key': 'k', host: 'evil.example', 'accept-encoding': 'gzip', connection: 'close' } },
    );
    expect(handler.calls).toEqual(['headers', 'data', 'end']);
    expect(handler.headers).toMatchObject({ 'x-a': '1', 'x-b': '2, 3' });
    expect(handler.body.toString()).toBe('{"ok":true}');
    const { head, body } = seen as unknown as Exchange;
    expect(head).toMatch(
      /^POST \/v1\/messages\?beta=true HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nconnection: keep-alive/u,
    );
    expect(head).toContain('accept-encoding: identity');
    expect(head).toContain('x-api-key: k');
    expect(head).not.toMatch(/evil|gzip|connection: close/u);
    expect(body.toString()).toBe('{"model":"m"}');
  });

  it('passes over 1xx answers', async () => {
    const handler = await run(({ socket }) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
      setTimeout(() => socket.write(buildJsonAnswer(200, '{}')), 20);
    });
    expect(handler.calls).toEqual(['headers', 'data', 'end']);
    expect(handler.status).toBe(200);
  });

  it('does not follow a redirect', async () => {
    const handler = await run(({ socket }) =>
      socket.write(buildHead(302, { location: 'http://127.0.0.1:1/', 'content-length': '0' })),
    );
    expect(handler.status).toBe(302);
    expect(handler.calls).toEqual(['headers', 'end']);
  });

  it('reads a body that ends with the connection', async () => {
    const handler = await run(({ socket }) => socket.end(`${buildHead(200, { connection: 'close' })}all`));
    expect(handler.body.toString()).toBe('all');
    expect(handler.calls.at(-1)).toBe('end');
  });

  it('uses a connection again, and a fresh one when asked for', async () => {
    const upstream = await serve(({ socket }) => socket.write(buildJsonAnswer(200, '{}')));
    const client = open();
    for (const freshSocket of [false, false, true]) {
      const handler = new RecordingHandler();
      client.send(post(upstream.origin, { freshSocket }), handler);
      await handler.over;
      await sleep(5);
    }
    expect(upstream.requests).toBe(3);
    expect(upstream.connections).toBe(2);
  });

  it('carries a body of 8 MiB', async () => {
    let received = 0;
    await run(
      ({ socket, body }) => {
        received = body.length;
        socket.write(buildJsonAnswer(200, '{}'));
      },
      { body: Buffer.alloc(8 * 1024 * 1024, 'a') },
    );
    expect(received).toBe(8 * 1024 * 1024);
  });
});
