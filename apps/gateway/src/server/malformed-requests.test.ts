/** What clients that send broken or hostile HTTP get: every case is answered or cut, and the server goes on. */
import type { ClientRequest } from './port.ts';
import { describe, expect, it } from 'vitest';
import { head, startTestServer } from './fixtures/test-server.ts';
import type { ServerOptions } from './start-server.ts';

/** The address is read on demand, so a copy of the fields lacks it. */
function printRequest(request: ClientRequest, body: string): string {
  return JSON.stringify({ ...request, remoteAddress: request.remoteAddress, body });
}

const echo: ServerOptions['handle'] = (request, writer) => {
  void request.readBody(1000).then(
    (body) => writer.send(200, {}, printRequest(request, String(body))),
    (error) => writer.sendError(error),
  );
};

const post = (...headers: string[]) => head('POST /p HTTP/1.1', ...headers);
const get = (...headers: string[]) => head('GET /p HTTP/1.1', ...headers);
const chunked = 'Transfer-Encoding: chunked';

const lines = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: a`);

/** Sends `bytes`, waits for the end of the connection; then asks the same server for something sound. */
async function sendBroken(bytes: string | Buffer): Promise<{ text: string; reached: number }> {
  let reached = 0;
  const server = await startTestServer((request, writer) => {
    reached += 1;
    echo(request, writer);
  });
  const text = await server.connect().write(bytes).waitForClose(8000);
  const reachedByBroken = reached;
  await server.connect().write(get()).waitFor('200 OK');
  return { text, reached: reachedByBroken };
}

describe('borders of requests that are in doubt', () => {
  it.each([
    ['Content-Length twice, different', post('Content-Length: 3', 'Content-Length: 5') + 'abcde'],
    ['Content-Length twice, the same', post('Content-Length: 3', 'Content-Length: 3') + 'abc'],
    ['an empty Content-Length', post('Content-Length:') + 'abc'],
    ['Transfer-Encoding: gzip, chunked', post('Transfer-Encoding: gzip, chunked') + '0\r\n\r\n'],
    ['Transfer-Encoding: xchunked', post('Transfer-Encoding: xchunked') + '0\r\n\r\n'],
    ['Transfer-Encoding twice', post(chunked, chunked) + '0\r\n\r\n'],
  ])('[REQ-4] %s: 400 from us with a reason, then the connection ends', async (_, bytes) => {
    const { text, reached } = await sendBroken(bytes);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toMatch(/x-request-id: req_/);
    expect(text).toContain('"code":"invalid_request"');
    expect(text).toMatch(/connection: close/i);
    expect(reached).toBe(0);
  });

  it.each([
    ['Content-Length and Transfer-Encoding', post('Content-Length: 3', chunked) + '3\r\nabc\r\n0\r\n\r\n'],
    ['Transfer-Encoding and Content-Length', post(chunked, 'Content-Length: 3') + '3\r\nabc\r\n0\r\n\r\n'],
    ['a header folded over two lines', get('X-A: b', '  c')],
    ['a bare LF between headers', get('X-A: b\nX-B: c')],
    ['a space before the colon', get('X-A : b')],
    ['a space before the colon of a length', post('Content-Length : 3') + 'abc'],
    ['NUL in a value', get('X-A: b\0c')],
    ['NUL in a name', get('X-\0A: b')],
    ['a header without a colon', get('X-A')],
    ['no Host', 'GET /p HTTP/1.1\r\n\r\n'],
    ['Host twice', get('Host: y')],
  ])('[REQ-4] %s: 400 from the parser', async (_, bytes) => {
    const { text, reached } = await sendBroken(bytes);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toMatch(/connection: close/i);
    expect(reached).toBe(0);
  });

  it.each([
    ['a signed Content-Length', post('Content-Length: +3') + 'abc'],
    ['a negative Content-Length', post('Content-Length: -3') + 'abc'],
    ['a list of lengths', post('Content-Length: 3, 3') + 'abc'],
    ['a Content-Length over 64 bits', post('Content-Length: 18446744073709551619') + 'abc'],
    ['a negative chunk size', post(chunked) + '-1\r\nabc\r\n0\r\n\r\n'],
    ['a chunk size with a prefix', post(chunked) + '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a chunk size over 64 bits', post(chunked) + 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
  ])('[REQ-4] %s: 400, and no 200', async (_, bytes) => {
    const { text } = await sendBroken(bytes);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).not.toContain('200 OK');
  });

  it.each([
    ['HTTP/1.0', 'GET /p HTTP/1.0\r\nHost: x\r\n\r\n'],
    ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no version', 'GET /p\r\n\r\n'],
    ['bare LF everywhere', 'GET /p HTTP/1.1\nHost: x\n\n'],
    ['an absolute target', 'GET http://x/p HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['NUL in the target', 'GET /p\0x HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03asdf'],
    ['other text', 'hello there\r\n\r\n'],
  ])('%s: 505, and the connection ends', async (_, bytes) => {
    const { text, reached } = await sendBroken(bytes);
    expect(text).toMatch(/^HTTP\/1\.1 505 /);
    expect(reached).toBe(0);
  });

  // The parser is lenient inside chunks (a bare LF, bytes between chunks), so what follows a chunked body is in doubt.
  it('a chunked request is answered, then its connection ends', async () => {
    const { text } = await sendBroken(`${post(chunked)}3\r\nabc\r\n0\r\n\r\n`);
    expect(text).toContain('"body":"abc"');
    expect(text).toMatch(/connection: close/i);
  });

  it('what follows a chunked body that lies about its length is not answered', async () => {
    const server = await startTestServer((request, writer) => {
      setTimeout(() => echo(request, writer), 20);
    });
    const bytes = `${post(chunked)}2\r\nabc\r\n0\r\n\r\n${get()}`;
    expect(await server.connect().write(bytes).waitForClose()).not.toMatch(/200 OK[^]*200 OK/);
  });

  it('a chunk without a size, or with an extension, gets no answer, and is cut like a client that stalls', async () => {
    const server = await startTestServer(echo);
    const bodies = ['g\r\nabc\r\n0\r\n\r\n', '3;a=b\r\nabc\r\n0\r\n\r\n'];
    const clients = bodies.map((body) => server.connect().write(post(chunked) + body));
    const texts = await Promise.all(clients.map((client) => client.waitForClose(40_000)));
    expect(texts).toEqual(['', '']);
  }, 45_000);
});

describe('the head of a request', () => {
  it('arrives with lower-case names, in order, with duplicates', async () => {
    const server = await startTestServer(echo);
    const text = await server
      .connect()
      .write(head('get /a%2fb?q=1&q=2 HTTP/1.1', 'X-A: 1', 'X-B: 2', 'x-a: 3', 'Connection: close'))
      .waitForClose();
    const seen = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
    expect(seen).toMatchObject({
      method: 'GET',
      path: '/a%2fb',
      query: 'q=1&q=2',
      remoteAddress: '127.0.0.1',
    });
    expect(seen['headers']).toEqual([
      ['host', 'x'],
      ['x-a', '1'],
      ['x-b', '2'],
      ['x-a', '3'],
      ['connection', 'close'],
    ]);
  });

  it('may have 30,000 bytes, and not 40,000', async () => {
    const server = await startTestServer(echo);
    await server
      .connect()
      .write(get(`X-A: ${'a'.repeat(30_000)}`))
      .waitFor('200 OK');
    const text = await server
      .connect()
      .write(get(`X-A: ${'a'.repeat(40_000)}`))
      .waitForClose();
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('may have 90 headers, and not 100', async () => {
    const server = await startTestServer(echo);
    await server
      .connect()
      .write(get(...lines(90)))
      .waitFor('200 OK');
    expect(
      await server
        .connect()
        .write(get(...lines(100)))
        .waitForClose(),
    ).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('may come one byte at a time', async () => {
    const server = await startTestServer(echo);
    const client = server.connect();
    client.socket.setNoDelay(true);
    for (const byte of post('Content-Length: 3') + 'abc') {
      client.write(byte);
      await new Promise(setImmediate);
    }
    expect(await client.waitFor('"body":"abc"')).toContain('200 OK');
  });
});

describe('several requests on one connection', () => {
  it('pipelined requests that are answered at once get their answers in order', async () => {
    const server = await startTestServer((request, writer) => writer.send(200, {}, `<${request.path}>`));
    const bytes = ['/1', '/2', '/3'].map((path) => head(`GET ${path} HTTP/1.1`)).join('');
    const text = await server.connect().write(bytes).waitFor('</3>');
    expect(text.match(/<\/\d>/g)).toEqual(['</1>', '</2>', '</3>']);
  });

  it('a request that comes before the last answer ends the connection; answers are never mixed', async () => {
    const aborted: string[] = [];
    const server = await startTestServer((request, writer) => {
      writer.onAbort = () => aborted.push(request.path);
      setTimeout(() => writer.send(200, {}, 'late'), 100).unref();
    });
    const bytes = head('GET /1 HTTP/1.1') + head('GET /2 HTTP/1.1');
    expect(await server.connect().write(bytes).waitForClose()).toBe('');
    expect(aborted).toEqual(['/1']);
  });

  it('one after the other works, with and without bodies', async () => {
    const server = await startTestServer(echo);
    const client = server.connect();
    await client.write(post('Content-Length: 3') + 'abc').waitFor('"body":"abc"');
    await client.write(get()).waitFor(/200 OK[^]*200 OK/);
    await client.write(post('Content-Length: 2') + 'de').waitFor('"body":"de"');
    expect(client.isClosed).toBe(false);
  });
});
