/**
 * Clients and upstreams that are slow. uWebSockets.js has one time-out, about 30 s (28 to 32: it sweeps each 4 s), for
 * clients that stop sending a request or stop reading an answer; it has none for answers that are silent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { decodeChunks } from './fixtures/raw-client.ts';
import { head, startTestServer } from './fixtures/test-server.ts';
import type { ResponseWriter } from './port.ts';

const get = head('GET / HTTP/1.1');
const PIECE_BYTES = 64 * 1024;

/** Piece number `index`: its bytes tell where it belongs. */
const buildPiece = (index: number) => Buffer.alloc(PIECE_BYTES, (index % 251) + 1);

/** Streams `count` pieces, and stops at back-pressure; `onStall` hears of each stop. */
function streamPieces(writer: ResponseWriter, count: number, onStall: () => void): void {
  let index = 0;
  const pump = () => {
    while (index < count) {
      index += 1;
      if (!writer.write(buildPiece(index - 1))) return onStall();
    }
    writer.end();
  };
  writer.startStream(200, {});
  writer.onDrain = pump;
  pump();
}

describe('slow readers', () => {
  it('the writer stops a reader that stops, memory stays flat, and all bytes arrive in order', async () => {
    const count = 1600;
    let stalls = 0;
    const server = await startTestServer((_, writer) => streamPieces(writer, count, () => (stalls += 1)));
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    await sleep(300);
    const heldBytes = process.memoryUsage().arrayBuffers + process.memoryUsage().rss;
    await sleep(1000);
    const grownBytes = process.memoryUsage().arrayBuffers + process.memoryUsage().rss - heldBytes;
    expect(stalls).toBe(1);
    expect(grownBytes).toBeLessThan(8 * 1024 * 1024);
    client.socket.resume();
    const body = decodeChunks(await client.waitForEnd('\r\n0\r\n\r\n', 20_000));
    expect(body.length).toBe(count * PIECE_BYTES);
    for (let index = 0; index < count; index += 1) {
      if (body[index * PIECE_BYTES] !== (index % 251) + 1) throw new Error(`Piece ${index} is out of order.`);
    }
    expect(stalls).toBeGreaterThan(1);
  });

  it('a reader that only trickles does not make the server hold more and more', async () => {
    let written = 0;
    const server = await startTestServer((_, writer) => {
      const pump = () => {
        do written += PIECE_BYTES;
        while (writer.state === 'streaming' && writer.write(buildPiece(0)));
      };
      writer.startStream(200, {});
      writer.onDrain = pump;
      pump();
    });
    const client = server.connect();
    client.write(get);
    client.socket.pause();
    const heldBytes: number[] = [];
    for (let round = 0; round < 300; round += 1) {
      client.socket.read(20_000);
      await sleep(5);
      heldBytes.push(written - client.socket.bytesRead);
    }
    // The kernel's two socket buffers hold most of this.
    expect(Math.max(...heldBytes.slice(-10))).toBeLessThan(
      Math.max(...heldBytes.slice(50, 60)) + 1024 * 1024,
    );
  });

  it('bytes held back reach the client when it reads again, though nothing else is written', async () => {
    const server = await startTestServer((_, writer) => {
      writer.startStream(200, {});
      writer.write(Buffer.alloc(8 * 1024 * 1024, 'a'));
    });
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    await sleep(300);
    client.socket.resume();
    await client.waitForBytes(8 * 1024 * 1024);
  });

  it('a whole answer of 8 MiB reaches a client that pauses', async () => {
    const server = await startTestServer((_, writer) =>
      writer.send(200, {}, Buffer.alloc(8 * 1024 * 1024, 'a')),
    );
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    await sleep(300);
    client.socket.resume();
    await client.waitForBytes(8 * 1024 * 1024);
    await sleep(50);
    expect(client.text.length - client.text.indexOf('\r\n\r\n') - 4).toBe(8 * 1024 * 1024);
  });
});

/** Seconds until the client's connection ends; fails after 40. */
async function measureCutS(
  start: () => { waitForClose(timeoutMs: number): Promise<string> },
): Promise<number> {
  const startedAt = performance.now();
  await start().waitForClose(40_000);
  return (performance.now() - startedAt) / 1000;
}

describe.concurrent('silence', () => {
  it('[REQ-7] an answer may be silent for 36 s: before its first byte, between bytes, and after back-pressure', async () => {
    const silentMs = 36_000;
    const aborted: string[] = [];
    const server = await startTestServer((request, writer) => {
      writer.onAbort = () => aborted.push(request.path);
      if (request.path === '/first') return void setTimeout(() => writer.send(200, {}, 'end.'), silentMs);
      writer.startStream(200, {});
      writer.write(Buffer.alloc(request.path === '/full' ? 8 * 1024 * 1024 : 10, 'a'));
      return void setTimeout(() => {
        writer.write(Buffer.from('end.'));
        writer.end();
      }, silentMs);
    });
    const clients = ['/first', '/between', '/full'].map((path) => {
      const client = server.connect();
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 1000);
      return client.write(head(`GET ${path} HTTP/1.1`));
    });
    await sleep(silentMs);
    for (const client of clients) await client.waitFor(/end\.(\r\n0\r\n\r\n)?$/);
    expect(clients.map((client) => client.text.split('HTTP/1.1').length)).toEqual([2, 2, 2]);
    expect(aborted).toEqual([]);
  }, 60_000);

  it.each([
    ['says nothing', ''],
    ['stops inside the head', 'GET / HTTP/1.1\r\nHo'],
    ['stops inside the body', head('POST / HTTP/1.1', 'Content-Length: 10') + 'abc'],
  ])(
    '[REQ-7] a client that %s is cut within 33 s',
    async (_, bytes) => {
      const server = await startTestServer((request, writer) => {
        void request.readBody(100).catch(() => writer.cut());
      });
      expect(await measureCutS(() => server.connect().write(bytes))).toBeLessThan(33);
    },
    45_000,
  );

  it.each([
    ['the head', 'GET / HTTP/1.1\r\n', 'a: b\r\n'],
    ['the body', head('POST / HTTP/1.1', 'Content-Length: 9999'), 'a'],
  ])(
    '[REQ-7] a client that drips %s is cut within 33 s',
    async (_, first, drip) => {
      const server = await startTestServer((request, writer) => {
        void request.readBody(10_000).catch(() => writer.cut());
      });
      const client = server.connect().write(first);
      const timer = setInterval(() => client.isClosed || client.write(drip), 500);
      expect(await measureCutS(() => client)).toBeLessThan(33);
      clearInterval(timer);
    },
    45_000,
  );

  it('[REQ-7] a client that stops reading a full stream is cut within 35 s, and its writer hears of it', async () => {
    let tell: () => void = () => {};
    const left = new Promise<void>((resolve) => (tell = resolve));
    const server = await startTestServer((_, writer) => {
      writer.onAbort = tell;
      streamPieces(writer, 1000, () => {});
    });
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    const winner = await Promise.race([left.then(() => 'left'), sleep(35_000, 'time')]);
    expect(winner).toBe('left');
  }, 45_000);
});
