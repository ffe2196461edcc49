/** Bodies at and over the limit, over real sockets. */
import { describe, expect, it } from 'vitest';
import type { RawClient } from './fixtures/raw-client.ts';
import { head, startTestServer } from './fixtures/test-server.ts';
import type { ServerOptions } from './start-server.ts';

const MIB = 1024 * 1024;
const LIMIT = 32 * MIB;

const count: ServerOptions['handle'] = (request, writer) => {
  void request.readBody(LIMIT).then(
    (body) => writer.send(200, {}, `${body.length} bytes`),
    (error) => writer.sendError(error),
  );
};

const postLength = (bytes: number) => head('POST / HTTP/1.1', `Content-Length: ${bytes}`);
const postChunked = head('POST / HTTP/1.1', 'Transfer-Encoding: chunked');

/** Writes `bytes` zeros in pieces of 1 MiB, framed by `frame`. */
function writeBody(client: RawClient, bytes: number, frame = (piece: Buffer) => piece): void {
  for (let left = bytes; left > 0; left -= MIB) client.write(frame(Buffer.alloc(Math.min(MIB, left))));
}

const asChunk = (piece: Buffer) =>
  Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);

describe('request bodies', () => {
  it('[REQ-4] a body of just the limit passes, with a length and in chunks', async () => {
    const server = await startTestServer(count);
    const plain = server.connect().write(postLength(LIMIT));
    writeBody(plain, LIMIT);
    expect(await plain.waitFor(`${LIMIT} bytes`)).toContain('200 OK');
    const chunked = server.connect().write(postChunked);
    writeBody(chunked, LIMIT, asChunk);
    await chunked.write('0\r\n\r\n').waitFor(`${LIMIT} bytes`);
  });

  it.each([
    ['with a length', postLength(40 * MIB), undefined],
    ['in chunks', postChunked, asChunk],
  ])(
    '[REQ-4] 40 MiB %s: the client reads a 413 that names the limit, then a clean end',
    async (_, bytes, frame) => {
      const server = await startTestServer(count);
      const client = server.connect().write(bytes);
      writeBody(client, 40 * MIB, frame);
      if (frame !== undefined) client.write('0\r\n\r\n');
      const text = await client.waitForClose(10_000);
      expect(text).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
      expect(text).toMatch(/connection: close/i);
      expect(text).toContain(`limit of ${LIMIT} bytes`);
      expect(client.errorCode).toBe('');
      await server
        .connect()
        .write(postLength(3) + 'abc')
        .waitFor('3 bytes');
    },
  );

  it('[REQ-4] the 413 comes before the body: the client need not send it', async () => {
    const server = await startTestServer(count);
    const client = server.connect().write(postLength(40 * MIB));
    const text = await client.waitFor(/413[^]*limit of 33554432 bytes[^]*\}\r\n$/);
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    expect(body).toHaveLength(length);
    expect(JSON.parse(body)).toMatchObject({ code: 'body_too_large' });
  });

  it('[REQ-4] a refused client that never stops sending is cut', async () => {
    const server = await startTestServer(count, { lingerMs: 200 });
    const client = server.connect().write(postChunked);
    writeBody(client, 33 * MIB, asChunk);
    const timer = setInterval(() => client.write(asChunk(Buffer.alloc(1000))), 20);
    const text = await client.waitForClose();
    clearInterval(timer);
    expect(text).toContain('413 Payload Too Large');
  });

  it('[REQ-4] a refused client that stops half-way is cut', async () => {
    const server = await startTestServer(count, { lingerMs: 200 });
    const text = await server
      .connect()
      .write(postLength(40 * MIB))
      .waitForClose();
    expect(text).toContain('413 Payload Too Large');
  });

  it('an answer that never looks at a large body reaches the client, then the connection ends', async () => {
    const server = await startTestServer((_, writer) => writer.send(401, {}, 'no key'));
    const client = server.connect().write(postLength(8 * MIB));
    writeBody(client, 8 * MIB);
    const text = await client.waitForClose();
    expect(text).toContain('no key');
    expect(client.errorCode).toBe('');
  });

  it('an answer that never looks at a body that is there keeps the connection', async () => {
    const server = await startTestServer((_, writer) => writer.send(401, {}, 'no key'));
    const client = server.connect();
    await client.write(postLength(3) + 'abc').waitFor('no key');
    await client.write(postLength(3) + 'abc').waitFor(/no key[^]*no key/);
    expect(client.text).not.toMatch(/connection: close/i);
  });

  it('a body that comes while the key is looked up is kept, whole', async () => {
    const server = await startTestServer((request, writer) => {
      setTimeout(() => count(request, writer), 200);
    });
    const client = server.connect().write(postLength(5 * MIB));
    writeBody(client, 5 * MIB);
    expect(await client.waitFor(`${5 * MIB} bytes`)).toContain('200 OK');
  });

  it('bytes arrive as they were sent, in any pieces', async () => {
    const sent = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
    let got: Buffer = Buffer.alloc(0);
    const server = await startTestServer((request, writer) => {
      void request
        .readBody(LIMIT)
        .then((body) => (got = body))
        .then(() => writer.send(200, {}, 'done'));
    });
    const client = server.connect().write(postLength(sent.length));
    for (let at = 0; at < sent.length; at += 9_973) {
      client.write(sent.subarray(at, at + 9_973));
      await new Promise(setImmediate);
    }
    await client.waitFor('done');
    expect(got.equals(sent)).toBe(true);
  });

  it('Expect: 100-continue is answered before the body', async () => {
    const server = await startTestServer(count);
    const client = server
      .connect()
      .write(head('POST / HTTP/1.1', 'Content-Length: 3', 'Expect: 100-continue'));
    await client.waitFor('100 Continue');
    expect(await client.write('abc').waitFor('3 bytes')).toContain('200 OK');
  });
});
