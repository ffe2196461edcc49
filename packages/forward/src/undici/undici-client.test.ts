import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { UpstreamRequest } from '../port.ts';
import {
  buildChunk,
  buildHead,
  buildJsonAnswer,
  buildStreamHead,
  LAST_CHUNK,
} from '../test-upstream/http-text.ts';
import { openGuard } from '../test-upstream/open-guard.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import { type Exchange, ScriptedUpstream, type UpstreamScript } from '../test-upstream/scripted-upstream.ts';
import { createUndiciClient, type UndiciClientOptions } from './undici-client.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function open(options: Partial<UndiciClientOptions> = {}) {
  const client = createUndiciClient({ policy: openGuard, ...options });
  closers.push(() => client.close());
  return client;
}

async function serve(script: UpstreamScript): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.start(script);
  closers.push(() => upstream[Symbol.asyncDispose]());
  return upstream;
}

const post = (origin: string, overrides: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'POST',
  origin,
  path: '/v1/messages?beta=true',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"model":"m"}'),
  connectTimeoutMs: 2000,
  ...overrides,
});

async function run(
  script: UpstreamScript,
  overrides: Partial<UpstreamRequest> = {},
): Promise<RecordingHandler> {
  const upstream = await serve(script);
  const handler = new RecordingHandler();
  open().send(post(upstream.origin, overrides), handler);
  await handler.over;
  return handler;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i += 1) await sleep(5);
  expect(condition()).toBe(true);
}

describe('a good exchange', () => {
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

describe('faults', () => {
  const answers: [name: string, kind: string, script: UpstreamScript][] = [
    ['a reset before the first byte', 'reset', ({ socket }) => socket.resetAndDestroy()],
    ['a close before the first byte', 'reset', ({ socket }) => socket.end()],
    ['a close inside the head', 'reset', ({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-')],
    [
      'a reset after the head',
      'reset',
      ({ socket }) => {
        socket.write(buildHead(200, { 'content-length': '10' }));
        setTimeout(() => socket.resetAndDestroy(), 20);
      },
    ],
    ['a close inside a chunked body', 'reset', ({ socket }) => socket.end(`${buildStreamHead()}5\r\nab`)],
    [
      'a close inside a chunked body on a closing connection',
      'reset',
      ({ socket }) => socket.end(`${buildStreamHead({ connection: 'close' })}5\r\nab`),
    ],
    [
      'a body shorter than its length',
      'protocol',
      ({ socket }) => socket.end(`${buildHead(200, { 'content-length': '10', connection: 'close' })}abc`),
    ],
    [
      'length and chunked together',
      'protocol',
      ({ socket }) => socket.write(`${buildStreamHead({ 'content-length': '3' })}3\r\nabc\r\n0\r\n\r\n`),
    ],
    [
      'two lengths',
      'protocol',
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'),
    ],
    ['a bad chunk size', 'protocol', ({ socket }) => socket.write(`${buildStreamHead()}zz\r\nab\r\n`)],
    ['garbage', 'protocol', ({ socket }) => socket.write('\u0016\u0003\u0001 not http at all\r\n\r\n')],
    [
      'a head without end',
      'protocol',
      ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`),
    ],
    [
      'a bare LF smuggled into a header',
      'protocol',
      ({ socket }) => socket.write('HTTP/1.1 200 OK\nx: 1\n: bad\n\n'),
    ],
    [
      'an upgrade nobody asked for',
      'protocol',
      ({ socket }) => socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
  ];
  it.each(answers)('%s is a %s fault', async (_name, kind, script) => {
    const handler = await run(script);
    expect(handler.fault).toMatchObject({ kind, isStaleSocket: false });
    expect(handler.calls.filter((call) => call === 'end' || call.startsWith('error'))).toHaveLength(1);
  });

  it('a body longer than its length ends with its length, and the connection is not used again', async () => {
    const upstream = await serve(({ socket }) =>
      socket.write(`${buildHead(200, { 'content-length': '3' })}abcdef`),
    );
    const client = open();
    for (let i = 0; i < 2; i += 1) {
      const handler = new RecordingHandler();
      client.send(post(upstream.origin), handler);
      await handler.over;
      expect(handler.body.toString()).toBe('abc');
      expect(handler.fault).toBeNull();
      await sleep(5);
    }
    expect(upstream.connections).toBe(2);
  });

  it('nobody listening is refused', async () => {
    const handler = new RecordingHandler();
    open().send(post('http://127.0.0.1:1'), handler);
    expect(handler.calls).toEqual([]);
    await handler.over;
    expect(handler.fault?.kind).toBe('refused');
  });

  it('[REQ-7] a server that never finishes the TLS handshake is a connect-timeout', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const handler = new RecordingHandler();
    const client = open();
    client.send(post(`https://127.0.0.1:${port}`, { connectTimeoutMs: 100 }), handler);
    await handler.over;
    expect(handler.fault?.kind).toBe('connect-timeout');
    server.close();
  });

  it('[OPS-6] an address that the guard refuses is a forbidden-address', async () => {
    const policy = {
      createConnector: () => (_options: object, callback: (error: Error, socket: null) => void) =>
        callback(Object.assign(new Error('no'), { code: 'ERR_OUTBOUND_FORBIDDEN' }), null),
    };
    const handler = new RecordingHandler();
    open({ policy }).send(post('http://10.0.0.1'), handler);
    expect(handler.calls).toEqual([]);
    await handler.over;
    expect(handler.fault?.kind).toBe('forbidden-address');
  });

  it('a request that cannot be written is a protocol fault, after send has returned', async () => {
    for (const bad of [{ path: 'no slash' }, { headers: { 'x-a': 'b\r\nc' } }, { origin: 'nonsense' }]) {
      const handler = new RecordingHandler();
      open().send(post('http://127.0.0.1:1', bad), handler);
      expect(handler.calls).toEqual([]);
      await handler.over;
      expect(handler.fault?.kind).toBe('protocol');
    }
  });

  it('close() ends running calls with a fault and refuses later ones', async () => {
    const upstream = await serve(({ socket }) => socket.write(buildStreamHead()));
    const client = open();
    const running = new RecordingHandler();
    client.send(post(upstream.origin), running);
    await running.started;
    await client.close();
    await running.over;
    expect(running.fault?.kind).toBe('reset');
    const late = new RecordingHandler();
    client.send(post(upstream.origin), late);
    await late.over;
    expect(late.fault?.kind).toBe('refused');
  });
});

describe('a stale connection', () => {
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

describe('abort', () => {
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
    await until(() => upstream.closedByPeer === 1);
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
      handler.onChunk = () => call.abort();
      await until(() => upstream.closedByPeer === 1);
      expect(handler.calls).toEqual(['headers', 'data']);
      expect(handler.body.toString()).toBe('a');
    }
  });
});

describe('back-pressure', () => {
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

describe('two calls', () => {
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

describe('pools', () => {
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
