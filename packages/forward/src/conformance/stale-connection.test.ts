import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { buildJsonAnswer } from '../test-upstream/http-text.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import { CLIENTS, post, serve } from './fixture.ts';

describe.each(CLIENTS)('%s: a stale connection', (_name, { open }) => {
  it('says so when the upstream closes an idle connection as it is used again', async () => {
    const upstream = await serve(({ socket, requestOnSocket }) => {
      if (requestOnSocket === 1) socket.write(buildJsonAnswer(200, '{}'));
      else socket.resetAndDestroy();
    });
    const client = open();
    const first = new RecordingHandler();
    client.send(post(upstream.origin), first);
    await first.over;
    await sleep(5);
    const second = new RecordingHandler();
    client.send(post(upstream.origin), second);
    await second.over;
    expect(upstream.connections).toBe(1);
    expect(second.fault).toMatchObject({ kind: 'reset', isStaleSocket: true });
    const third = new RecordingHandler();
    client.send(post(upstream.origin, { freshSocket: true }), third);
    await third.over;
    expect(third.status).toBe(200);
  });

  it('does not say so once a byte of the answer has come', async () => {
    const upstream = await serve(({ socket, requestOnSocket }) => {
      if (requestOnSocket === 1) return socket.write(buildJsonAnswer(200, '{}'));
      socket.write('HTTP/1.1 200 OK\r\n');
      return setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const client = open();
    const faults: unknown[] = [];
    for (let i = 0; i < 2; i += 1) {
      const handler = new RecordingHandler();
      client.send(post(upstream.origin), handler);
      await handler.over;
      faults.push(handler.fault);
      await sleep(5);
    }
    expect(upstream.connections).toBe(1);
    expect(faults).toEqual([null, expect.objectContaining({ kind: 'reset', isStaleSocket: false })]);
  });
});
