import { describe, expect, it } from 'vitest';
import { buildChunk, buildJsonAnswer, buildStreamHead, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import { CLIENTS, post, serve, until } from './fixture.ts';

describe.each(CLIENTS)('%s: pools', (_name, { open }) => {
  it('closes the least recently used pool over the limit, after its running requests', async () => {
    const first = await serve(({ socket }) => {
      socket.write(buildStreamHead() + buildChunk('a').toString());
      setTimeout(() => socket.write(buildChunk('b').toString() + LAST_CHUNK), 60);
    });
    const second = await serve(({ socket }) => socket.write(buildJsonAnswer(200, '{}')));
    const client = open({ poolsMax: 1 });
    const running = new RecordingHandler();
    client.send(post(first.origin), running);
    await running.started;
    const other = new RecordingHandler();
    client.send(post(second.origin), other);
    await Promise.all([running.over, other.over]);
    expect(running.body.toString()).toBe('ab');
    await until(() => first.closedByPeer === 1);
    expect(second.closedByPeer).toBe(0);
  });
});
