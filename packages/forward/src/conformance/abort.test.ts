import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { buildChunk, buildJsonAnswer, buildStreamHead, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import { CLIENTS, post, serve, until } from './fixture.ts';

describe.each(CLIENTS)('%s: abort', (_name, { open }) => {
  it('[REQ-7] closes the socket at once, before the head and after it, and nothing is heard any more', async () => {
    for (const head of ['', buildStreamHead()]) {
      const upstream = await serve(({ socket }) => head !== '' && socket.write(head));
      const handler = new RecordingHandler();
      const call = open().send(post(upstream.origin), handler);
      await (head === '' ? until(() => upstream.requests === 1) : handler.started);
      const heard = handler.calls.length;
      call.abort();
      call.abort();
      await until(() => upstream.closedByPeer === 1);
      expect(handler.calls).toHaveLength(heard);
    }
  });

  it('before the connection is there: the request is never sent', async () => {
    const upstream = await serve(({ socket }) => socket.write(buildJsonAnswer(200, '{}')));
    const handler = new RecordingHandler();
    open().send(post(upstream.origin), handler).abort();
    await sleep(50);
    await until(() => upstream.closedByPeer === upstream.connections);
    expect(upstream.requests).toBe(0);
    expect(handler.calls).toEqual([]);
  });

  it('inside a data callback that also holds the end', async () => {
    for (const connection of ['keep-alive', 'close']) {
      const upstream = await serve(({ socket }) =>
        socket.write(`${buildStreamHead({ connection })}${buildChunk('a')}${buildChunk('b')}${LAST_CHUNK}`),
      );
      const handler = new RecordingHandler();
      const call = open().send(post(upstream.origin), handler);
      let chunks = 0;
      handler.onChunk = () => {
        chunks += 1;
        call.abort();
      };
      await until(() => upstream.closedByPeer === 1);
      expect(handler.calls).toEqual(['headers', 'data']);
      expect(chunks).toBe(1);
      // What came in one read may be told as one piece.
      expect(handler.body.toString()).toMatch(/^ab?$/u);
    }
  });
});
