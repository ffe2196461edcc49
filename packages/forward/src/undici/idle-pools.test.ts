import { describe, expect, it } from 'vitest';
import { CLIENTS, post, send, serve, until } from '../conformance/fixture.ts';
import { buildChunk, buildJsonAnswer, buildStreamHead, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { openGuard } from '../test-upstream/open-guard.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';

const open = CLIENTS.find(([name]) => name === 'undici')?.[1].open;

describe('pools of the undici client', () => {
  it('[ACC-7] are closed after idle, and not while a stream runs; a later request has a new one', async () => {
    const made: (string | null)[] = [];
    const policy = {
      ...openGuard,
      createConnector: (options: { timeoutMs: number; proxyUrl: string | null }) => {
        made.push(options.proxyUrl);
        return openGuard.createConnector(options);
      },
    };
    const upstream = await serve(({ socket, body }) => {
      if (body.toString() !== 'stream') return void socket.write(buildJsonAnswer(200, '{}'));
      socket.write(buildStreamHead() + buildChunk('a').toString());
      setTimeout(() => socket.write(buildChunk('b').toString() + LAST_CHUNK), 150);
    });
    const client = open?.({ policy, poolIdleMs: 40 });
    if (!client) throw new Error('no undici client');
    const proxied = post(upstream.origin, { proxyUrl: 'http://ann:secret@p.example' });
    const stream = await send(client, { ...proxied, body: Buffer.from('stream') });
    expect(stream.body.toString()).toBe('ab');
    await until(() => upstream.closedByPeer === 1);
    await send(client, proxied);
    expect(made).toEqual([proxied.proxyUrl, proxied.proxyUrl]);
  });

  it('[ACC-7] two proxies never share a connection, one proxy does', async () => {
    const upstream = await serve(({ socket }) => socket.write(buildJsonAnswer(200, '{}')));
    const client = open?.();
    if (!client) throw new Error('no undici client');
    for (const proxyUrl of ['http://a', 'http://b', 'http://a', null]) {
      const handler = new RecordingHandler();
      client.send(post(upstream.origin, { proxyUrl }), handler);
      await handler.over;
    }
    expect(upstream.connections).toBe(3);
  });
});
