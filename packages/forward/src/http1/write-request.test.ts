import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeRequest } from './write-request.ts';

/** A connected pair; the server's side reads nothing until it is told to. */
async function openPair(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = connect(port, '127.0.0.1');
  const [[server]] = (await Promise.all([once(listener, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  onTestFinished(() => {
    client.destroy();
    server.destroy();
    listener.close();
  });
  return { client, server };
}

async function readAll(server: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of server) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

const HEAD = 'POST / HTTP/1.1\r\nx: \u00e9\r\n\r\n';

describe('writeRequest', () => {
  it.each([
    ['no body', null],
    ['an empty body', Buffer.alloc(0)],
    ['a small body', Buffer.from('{"a":1}')],
    ['a body that just fits', Buffer.alloc(16 * 1024 - HEAD.length, 'b')],
    ['a body in a piece of its own', Buffer.alloc(16 * 1024, 'c')],
  ])('[API-2] head and body arrive as they are: %s', async (_, body) => {
    const { client, server } = await openPair();
    writeRequest(client, HEAD, body);
    client.end();
    expect(await readAll(server)).toBe(HEAD + (body?.toString('latin1') ?? ''));
  });

  it('[API-2] what a socket holds back is not written over by the requests behind it', async () => {
    const held = await openPair();
    const other = await openPair();
    const fill = Buffer.alloc(8 * 1024 * 1024, '.');
    held.client.write(fill);
    const sent: string[] = [];
    for (let index = 0; index < 20; index += 1) {
      const body = String(index).repeat(500);
      sent.push(HEAD + body);
      writeRequest(held.client, HEAD, Buffer.from(body));
      writeRequest(other.client, HEAD, Buffer.from('x'.repeat(9_000)));
    }
    held.client.end();
    other.client.destroy();
    expect(await readAll(held.server)).toBe(fill.toString('latin1') + sent.join(''));
  });
});
