import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { buildChunk, buildStreamHead, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import { CLIENTS, post, serve, until } from './fixture.ts';

describe.each(CLIENTS)('%s: back-pressure', (_name, { open }) => {
  it('pause stops the reading from the socket, so that a flood stays in the network', async () => {
    const block = Buffer.alloc(256 * 1024, 'x');
    let written = 0;
    const upstream = await serve(({ socket }) => {
      socket.write(buildStreamHead());
      const chunk = buildChunk(block);
      const flood = (): void => {
        while (written < 256 * 1024 * 1024) {
          written += block.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', flood);
      flood();
    });
    const handler = new RecordingHandler();
    const call = open().send(post(upstream.origin), handler);
    handler.onChunk = () => call.pause();
    await handler.started;
    await sleep(100);
    const heldBack = written;
    await sleep(200);
    expect(written).toBe(heldBack);
    expect(handler.body.length).toBeLessThan(512 * 1024);
    expect(written).toBeLessThan(32 * 1024 * 1024);
    handler.onChunk = null;
    call.resume();
    await until(() => handler.body.length > 2 * 1024 * 1024);
    call.abort();
  });

  it('loses nothing over many pauses, also when resumed inside the callback and closed meanwhile', async () => {
    const text = Array.from({ length: 500 }, (_, i) => `data: ${i}\n\n`);
    const upstream = await serve(({ socket }) => {
      socket.write(buildStreamHead({ connection: 'close' }));
      for (const each of text) socket.write(buildChunk(each));
      socket.end(LAST_CHUNK);
    });
    const handler = new RecordingHandler();
    const call = open().send(post(upstream.origin), handler);
    let chunks = 0;
    handler.onChunk = () => {
      chunks += 1;
      call.pause();
      if (chunks % 3 === 0) setImmediate(() => call.resume());
      else call.resume();
    };
    await handler.over;
    expect(handler.fault).toBeNull();
    expect(handler.body.toString()).toBe(text.join(''));
  });
});

describe.each(CLIENTS)('%s: two calls', (_name, { open }) => {
  it('may resume each other inside their data callbacks', async () => {
    const upstream = await serve(({ socket, head }) => {
      socket.write(buildStreamHead());
      if (head.includes('/slow')) socket.write(buildChunk('a'));
      setTimeout(() => socket.write(Buffer.concat([buildChunk('b'), Buffer.from(LAST_CHUNK)])), 50);
    });
    const client = open();
    const paused = new RecordingHandler();
    const call = client.send(post(upstream.origin, { path: '/slow' }), paused);
    paused.onChunk = () => call.pause();
    await until(() => paused.body.length === 1);
    await sleep(80);
    paused.onChunk = null;
    const other = new RecordingHandler();
    other.onChunk = () => call.resume();
    client.send(post(upstream.origin), other);
    await Promise.all([paused.over, other.over]);
    expect([paused.fault, other.fault]).toEqual([null, null]);
    expect(paused.body.toString()).toBe('ab');
  });
});
