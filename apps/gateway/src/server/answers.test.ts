/** What the client sees of answers, byte by byte, and of one that is cut. */
import { TollgateError } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { head, startTestServer } from './fixtures/test-server.ts';
import type { ResponseWriter } from './port.ts';
import type { ServerOptions } from './start-server.ts';

const get = head('GET / HTTP/1.1');
const after = (ms: number, action: () => void) => setTimeout(action, ms).unref();

function onEach(answer: (writer: ResponseWriter) => void): ServerOptions['handle'] {
  return (_, writer) => answer(writer);
}

const sendHello = (writer: ResponseWriter) => writer.send(201, { 'content-type': 'text/plain' }, 'hello');

describe('answers', () => {
  it('[REQ-3] a whole answer, at once and later', async () => {
    for (const handle of [onEach(sendHello), onEach((writer) => after(20, () => sendHello(writer)))]) {
      const server = await startTestServer(handle);
      const text = await server.connect().write(get).waitFor('hello');
      expect(text).toMatch(
        /^HTTP\/1\.1 201 Created\r\nx-request-id: req_\w{26}\r\ncontent-type: text\/plain\r\n/,
      );
      expect(text).toMatch(/Content-Length: 5\r\n\r\nhello$/);
    }
  });

  it('[REQ-3] a header value cannot split the answer', async () => {
    const evil = 'a\r\nSet-Cookie: x=1\r\n\r\nbody\0\n';
    const server = await startTestServer(onEach((writer) => writer.send(200, { 'x-a': evil }, 'ok')));
    const text = await server.connect().write(get).waitFor(/ok$/);
    expect(text).toContain('x-a: a  Set-Cookie: x=1    body\r\n');
    expect(text.split('\r\n\r\n')).toHaveLength(2);
  });

  it('[REQ-2] an error answer', async () => {
    const error = new TollgateError('rate_limited', { retryAfterMs: 1500 });
    const server = await startTestServer(onEach((writer) => writer.sendError(error)));
    const text = await server.connect().write(get).waitFor('rate_limited');
    expect(text).toMatch(/^HTTP\/1\.1 429 [^]*retry-after: 2\r\n/);
    expect(text).toContain('content-type: application/json');
  });

  it('[REQ-2] a stream, and an error inside it', async () => {
    const server = await startTestServer(
      onEach((writer) => {
        writer.startStream(200, { 'content-type': 'text/event-stream' });
        writer.write(Buffer.from('data: 1\n\n'));
        after(30, () => writer.sendError(new TollgateError('upstream_error')));
      }),
    );
    const client = server.connect().write(get);
    const text = await client.waitFor('0\r\n\r\n');
    expect(text).toMatch(/x-request-id: req_[^]*Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n/);
    expect(text).toMatch(/event: error\ndata: {"code":"upstream_error"}\n\n\r\n0\r\n\r\n$/);
    await client.write(get).waitFor(/200 OK[^]*200 OK/);
  });

  it('[REQ-2] a stream that ends with its last bytes, with and without others before', async () => {
    const server = await startTestServer(
      onEach((writer) => {
        writer.startStream(200, { 'content-type': 'text/event-stream' });
        after(10, () => writer.end(Buffer.from('data: 2\n\n')));
      }),
    );
    const client = server.connect().write(get);
    const text = await client.waitFor('0\r\n\r\n');
    expect(text).toMatch(/Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n$/);
    await client.write(get).waitFor(/200 OK[^]*200 OK[^]*0\r\n\r\n$/);
    const split = await startTestServer(
      onEach((writer) => {
        writer.startStream(200, {});
        writer.write(Buffer.from('1'));
        writer.end(Buffer.from('2'));
      }),
    );
    expect(await split.connect().write(get).waitFor('0\r\n\r\n')).toMatch(
      /\r\n\r\n1\r\n1\r\n1\r\n2\r\n0\r\n\r\n$/,
    );
  });

  it('a chunk may be overwritten after write', async () => {
    const server = await startTestServer(
      onEach((writer) => {
        const chunk = Buffer.from('first');
        writer.startStream(200, {});
        writer.write(chunk);
        chunk.fill('x');
        writer.end();
      }),
    );
    expect(await server.connect().write(get).waitFor('0\r\n\r\n')).toContain('5\r\nfirst\r\n');
  });

  it.each([
    ['cut after bytes', (writer: ResponseWriter) => after(30, () => writer.cut())],
    ['cut at once', (writer: ResponseWriter) => writer.cut()],
  ])('%s: the client sees that the answer is not whole', async (_, cut) => {
    const aborted: string[] = [];
    const server = await startTestServer(
      onEach((writer) => {
        writer.onAbort = () => aborted.push('abort');
        writer.startStream(200, {});
        writer.write(Buffer.from('part'));
        cut(writer);
      }),
    );
    const text = await server.connect().write(get).waitForClose();
    expect(text).not.toContain('0\r\n\r\n');
    expect(aborted).toEqual([]);
  });

  it('HEAD: the head of the answer and no body, whole, streamed and failed', async () => {
    const server = await startTestServer((request, writer) => {
      if (request.path === '/whole') return writer.send(200, {}, 'hello');
      if (request.path === '/error') return writer.sendError(new TollgateError('not_found'));
      writer.startStream(200, {});
      writer.write(Buffer.from('hello'));
      return writer.end();
    });
    const client = server.connect();
    for (const path of ['/whole', '/error', '/stream', '/whole']) client.write(head(`HEAD ${path} HTTP/1.1`));
    const text = await client.waitFor(/(200 OK[^]*){3}\r\n\r\n$/);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 404',
      'HTTP/1.1 200',
      'HTTP/1.1 200',
    ]);
    expect(text).not.toContain('hello');
    expect(text).toContain('Content-Length: 5');
  });

  it('[REQ-5] a handler that throws: 500 without the reason, and the server goes on', async () => {
    const logged: string[] = [];
    const note = (_: object, message: string) => logged.push(message);
    const server = await startTestServer(
      () => {
        throw new Error('secret');
      },
      { logger: { debug: note, info: note, warn: note, error: note } },
    );
    const text = await server.connect().write(get).waitFor('"internal"');
    expect(text).toMatch(/^HTTP\/1\.1 500 /);
    expect(text).not.toContain('secret');
    expect(logged).toEqual(['The request handler threw.']);
    await server.connect().write(get).waitFor('500');
  });
});
