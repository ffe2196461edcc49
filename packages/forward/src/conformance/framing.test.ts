import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { buildHead } from '../test-upstream/http-text.ts';
import type { UpstreamScript } from '../test-upstream/scripted-upstream.ts';
import { CLIENTS, post, send, serve, until } from './fixture.ts';

const write =
  (text: string): UpstreamScript =>
  ({ socket }) =>
    socket.write(text, 'latin1');

describe.each(CLIENTS)('%s: an answer that is no HTTP', (_name, { run }) => {
  const head = (line: string): string => `HTTP/1.1 200 OK\r\n${line}\r\n\r\n`;
  const chunked = head('transfer-encoding: chunked');
  it.each([
    ['a folded line', head('x-a: 1\r\n 2\r\ncontent-length: 0')],
    ['a line without a colon', head('x-a\r\ncontent-length: 0')],
    ['a space before the colon', head('content-length : 0')],
    ['NUL in a value', head('x-a: a\0b\r\ncontent-length: 0')],
    ['a bare LF between headers', head('x-a: 1\nx-b 2\r\ncontent-length: 0')],
    ['a length that is no number', `${head('content-length: 1x')}a`],
    ['a chunk size with a sign', `${chunked}+3\r\nabc\r\n`],
    ['a chunk longer than its size', `${chunked}3\r\nabcdef\r\n`],
  ])('%s is a protocol fault', async (_shape, text) => {
    expect((await run(write(text))).fault?.kind).toBe('protocol');
  });
});

describe.each(CLIENTS)('%s: an answer without a body', (_name, { open }) => {
  it.each([204, 304])('%i leaves the connection to the next request', async (status) => {
    const upstream = await serve(write(`HTTP/1.1 ${status} x\r\nx-a: 1\r\n\r\n`));
    const client = open();
    for (let i = 0; i < 2; i += 1) {
      const { calls, status: heard } = await send(client, post(upstream.origin));
      expect([heard, calls]).toEqual([status, ['headers', 'end']]);
      await sleep(5);
    }
    expect(upstream.connections).toBe(1);
  });
});

describe.each(CLIENTS)('%s: whether a connection is used again', (_name, { open }) => {
  it.each([
    ['HTTP/1.1', 'x-a: 1', 1],
    ['HTTP/1.1', 'connection: close', 2],
    ['HTTP/1.0', 'x-a: 1', 2],
    ['HTTP/1.0', 'connection: keep-alive', 1],
  ])('%s, %s', async (version, line, connections) => {
    const upstream = await serve(write(`${version} 200 OK\r\n${line}\r\ncontent-length: 2\r\n\r\nab`));
    const client = open();
    for (let i = 0; i < 2; i += 1) {
      const { body } = await send(client, post(upstream.origin));
      expect(body.toString()).toBe('ab');
      if (connections === 2) await until(() => upstream.closedByPeer === i + 1);
      await sleep(5);
    }
    expect(upstream.connections).toBe(connections);
  });

  it('not after a hint that it ends at once', async () => {
    const hint = buildHead(200, { 'keep-alive': 'timeout=1', 'content-length': '0' });
    const upstream = await serve(write(hint));
    const { fault } = await send(open(), post(upstream.origin));
    expect(fault).toBeNull();
    await until(() => upstream.closedByPeer === 1);
  });
});

describe.each(CLIENTS)('%s: trailers', (_name, { open }) => {
  it('are passed over', async () => {
    const text = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\nx-t: 1\r\n\r\n';
    const upstream = await serve(write(text));
    const client = open();
    for (let i = 0; i < 2; i += 1) {
      const { headers, calls, body } = await send(client, post(upstream.origin));
      expect([body.toString(), calls]).toEqual(['ab', ['headers', 'data', 'end']]);
      expect(headers).not.toHaveProperty('x-t');
      await sleep(5);
    }
    expect(upstream.connections).toBe(1);
  });
});
