import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openLean, post, send, serve, until } from '../conformance/fixture.ts';
import { buildHead, buildJsonAnswer, buildStreamHead, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import type { Exchange } from '../test-upstream/scripted-upstream.ts';

const execute = promisify(execFile);
const OK = buildJsonAnswer(200, '{}');

describe('connectionsPerOrigin', () => {
  it('is never exceeded; who waits is served first come first served', async () => {
    const open: Exchange[] = [];
    const upstream = await serve((exchange) => open.push(exchange));
    const client = openLean({ connectionsPerOrigin: 2 });
    const handlers = Array.from({ length: 5 }, () => new RecordingHandler());
    for (const [i, handler] of handlers.entries())
      client.send(post(upstream.origin, { path: `/${i}` }), handler);
    for (let answered = 0; answered < 5; answered += 1) {
      await until(() => open.length > answered);
      open[answered]?.socket.write(OK);
    }
    await Promise.all(handlers.map((handler) => handler.over));
    expect(open.map(({ head }) => head.slice(5, 7)).toSorted()).toEqual(['/0', '/1', '/2', '/3', '/4']);
    expect(open.slice(2).map(({ head }) => head.slice(5, 7))).toEqual(['/2', '/3', '/4']);
    expect(upstream.connections).toBe(2);
  });

  it('a waiting call that is aborted is never sent, and holds nobody up', async () => {
    const open: Exchange[] = [];
    const upstream = await serve((exchange) => open.push(exchange));
    const client = openLean({ connectionsPerOrigin: 1 });
    const [first, second, third] = [new RecordingHandler(), new RecordingHandler(), new RecordingHandler()];
    client.send(post(upstream.origin), first);
    const call = client.send(post(upstream.origin), second);
    client.send(post(upstream.origin), third);
    call.pause();
    call.resume();
    call.abort();
    await until(() => open.length === 1);
    open[0]?.socket.write(OK);
    await until(() => open.length === 2);
    open[1]?.socket.write(OK);
    await Promise.all([first.over, third.over]);
    expect(second.calls).toEqual([]);
    expect(upstream.requests).toBe(2);
  });

  it('the place of a broken connection, or of an aborted call, goes to who waits', async () => {
    const upstream = await serve(({ socket, head }) => {
      if (head.includes('/break')) socket.resetAndDestroy();
      if (head.includes('/good')) socket.write(OK);
    });
    const client = openLean({ connectionsPerOrigin: 1 });
    const hanging = client.send(post(upstream.origin, { path: '/hang' }), new RecordingHandler());
    const broken = send(client, post(upstream.origin, { path: '/break' }));
    const good = send(client, post(upstream.origin, { path: '/good' }));
    await until(() => upstream.requests === 1);
    hanging.abort();
    expect((await broken).fault).toMatchObject({ kind: 'reset', isStaleSocket: false });
    expect((await good).status).toBe(200);
  });

  it('a call that wants a fresh connection takes the place of an idle one', async () => {
    const upstream = await serve(({ socket }) => socket.write(OK));
    const client = openLean({ connectionsPerOrigin: 1 });
    await send(client, post(upstream.origin));
    await send(client, post(upstream.origin, { freshSocket: true }));
    await Promise.all([
      send(client, post(upstream.origin)),
      send(client, post(upstream.origin, { freshSocket: true })),
    ]);
    expect([upstream.requests, upstream.connections]).toEqual([4, 3]);
  });

  it('when nobody listens, everyone who waits hears of it', async () => {
    const client = openLean({ connectionsPerOrigin: 1 });
    const request = post('http://127.0.0.1:1');
    const handlers = await Promise.all([1, 2, 3].map(() => send(client, request)));
    expect(handlers.map(({ fault }) => fault?.kind)).toEqual(['refused', 'refused', 'refused']);
  });

  it('close() refuses who waits, and who is being connected', async () => {
    const upstream = await serve(() => {});
    const client = openLean({ connectionsPerOrigin: 1 });
    const handlers = [new RecordingHandler(), new RecordingHandler()];
    for (const handler of handlers) client.send(post(upstream.origin), handler);
    await client.close();
    expect(handlers.map(({ calls }) => calls)).toEqual([['error refused'], ['error refused']]);
    expect(upstream.requests).toBe(0);
  });
});

describe('an idle connection', () => {
  it('the one used last is used first', async () => {
    const open: Exchange[] = [];
    const upstream = await serve((exchange) => open.push(exchange));
    const client = openLean();
    const pair = [send(client, post(upstream.origin)), send(client, post(upstream.origin))];
    await until(() => open.length === 2);
    open[0]?.socket.write(OK);
    await pair[0];
    open[1]?.socket.write(OK);
    await Promise.all(pair);
    for (let i = 2; i < 5; i += 1) {
      const next = send(client, post(upstream.origin));
      await until(() => open.length === i + 1);
      open[i]?.socket.write(OK);
      await next;
      expect(open[i]?.socket).toBe(open[1]?.socket);
    }
  });

  it('is closed after its time', async () => {
    const upstream = await serve(({ socket }) => socket.write(OK));
    const client = openLean({ keepAliveMs: 60 });
    await send(client, post(upstream.origin));
    await until(() => upstream.closedByPeer === 1);
    await send(client, post(upstream.origin));
    expect(upstream.connections).toBe(2);
  });

  it('is kept for as long as the upstream says, less a margin', async () => {
    const upstream = await serve(({ socket }) =>
      socket.write(buildHead(200, { 'keep-alive': 'max=5, timeout=60', 'content-length': '0' })),
    );
    const client = openLean({ keepAliveMs: 40 });
    await send(client, post(upstream.origin));
    await sleep(150);
    expect(upstream.closedByPeer).toBe(0);
    await send(client, post(upstream.origin));
    expect(upstream.connections).toBe(1);
  });

  it('that gets bytes nobody asked for is not used again', async () => {
    const left = Promise.withResolvers<void>();
    const upstream = await serve(({ socket }) => {
      // Closed with unread bytes, so the upstream may see a reset instead of an end.
      for (const event of ['end', 'close']) socket.once(event, left.resolve);
      socket.write(OK);
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison'), 10);
    });
    const client = openLean();
    await send(client, post(upstream.origin));
    await left.promise;
    const second = await send(client, post(upstream.origin));
    expect(second.body.toString()).toBe('{}');
    expect(upstream.connections).toBe(2);
  });

  it('that the upstream closes is forgotten', async () => {
    const left = Promise.withResolvers<void>();
    const upstream = await serve(({ socket }) => {
      socket.once('end', left.resolve);
      socket.write(OK);
      setTimeout(() => socket.end(), 10);
    });
    const client = openLean();
    await send(client, post(upstream.origin));
    await left.promise;
    expect((await send(client, post(upstream.origin))).fault).toBeNull();
    expect(upstream.connections).toBe(2);
  });
});

describe('the process', () => {
  it('is not held by an idle connection', async () => {
    const upstream = await serve(({ socket }) => socket.write(OK));
    const client = new URL('./http1-client.ts', import.meta.url).href;
    const code = `
      import { connect } from 'node:net';
      import { createHttp1Client } from '${client}';
      const client = createHttp1Client({ policy: { openSocket: (options) => connect(options) } });
      const request = ${JSON.stringify({ ...post(upstream.origin), body: null })};
      client.send(request, { onHeaders() {}, onData() {}, onEnd: () => console.log('end'), onError: console.log });
    `;
    // Killed, and so rejected, before the connection's own time is over.
    const options = { timeout: 20_000 };
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', code], options);
    expect(stdout).toBe('end\n');
  });
});

describe('an answer before the request is sent', () => {
  it('ends the call, and the connection is not used again', async () => {
    const upstream = await serve(() => {});
    const client = openLean();
    let sockets = 0;
    upstream.onConnect = (socket) => {
      sockets += 1;
      socket.pause();
      socket.write(buildHead(413, { 'content-length': '0' }));
    };
    const body = Buffer.alloc(32 * 1024 * 1024);
    for (let i = 1; i < 3; i += 1) {
      const { status, fault } = await send(client, post(upstream.origin, { body }));
      expect([status, fault, sockets]).toEqual([413, null, i]);
    }
  });
});

describe('a paused call', () => {
  it('hears of at most one more chunk, and of the end only after it resumed', async () => {
    const upstream = await serve(({ socket }) => {
      socket.write(`${buildStreamHead({ connection: 'close' })}1\r\na\r\n`);
      setTimeout(() => socket.write('1\r\nb\r\n'), 20);
      setTimeout(() => socket.write('1\r\nc\r\n'), 40);
      setTimeout(() => socket.end(LAST_CHUNK), 60);
    });
    const handler = new RecordingHandler();
    const call = openLean().send(post(upstream.origin), handler);
    let chunks = 0;
    handler.onChunk = () => {
      chunks += 1;
      call.pause();
    };
    await sleep(120);
    expect(chunks).toBeLessThanOrEqual(2);
    expect(handler.calls).not.toContain('end');
    handler.onChunk = null;
    call.resume();
    await handler.over;
    expect([handler.body.toString(), handler.fault]).toEqual(['abc', null]);
  });

  it('paused before the connection is there, it hears nothing before it resumes', async () => {
    const upstream = await serve(({ socket }) => socket.write(OK));
    const handler = new RecordingHandler();
    const call = openLean().send(post(upstream.origin), handler);
    call.pause();
    await sleep(60);
    expect(handler.calls).toEqual([]);
    call.resume();
    call.resume();
    await handler.over;
    expect(handler.calls).toEqual(['headers', 'data', 'end']);
  });
});
