import { createServer, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { buildHead, buildStreamHead } from '../test-upstream/http-text.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import type { UpstreamScript } from '../test-upstream/scripted-upstream.ts';
import { CLIENTS, post, serve } from './fixture.ts';

describe.each(CLIENTS)('%s: faults', (_name, { open, run }) => {
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
  it.each(answers)('%s is a %s fault', async (_answer, kind, script) => {
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
    const refusal = Object.assign(new Error('no'), { code: 'ERR_OUTBOUND_FORBIDDEN' });
    const policy = {
      createConnector: () => (_options: object, callback: (error: Error, socket: null) => void) =>
        callback(refusal, null),
      openSocket: () => new Socket().destroy(refusal),
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
