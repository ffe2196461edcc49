/**
 * Clients and upstreams that are slow. uWebSockets.js has one time-out, about 30 s (28 to 32: it sweeps each 4 s), for
 * clients that stop sending a request or taking an answer; it has none for answers that are silent. How long a client may
 * take nothing is our own business.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { decodeChunks } from './fixtures/raw-client.ts';
import { head, startTestServer } from './fixtures/test-server.ts';
import type { ResponseWriter } from './port.ts';

const get = head('GET / HTTP/1.1');
const PIECE_BYTES = 64 * 1024;
/** More than the kernel holds of an answer that nobody reads. */
const LARGE_BYTES = 16 * 1024 * 1024;

/** Piece number `index`: its bytes tell where it belongs. */
const buildPiece = (index: number) => Buffer.alloc(PIECE_BYTES, (index % 251) + 1);

/** Streams `count` pieces, and stops at back-pressure; `onStall` hears of each stop, with the pieces so far. */
function streamPieces(writer: ResponseWriter, count: number, onStall: (written: number) => void): void {
  let index = 0;
  const pump = () => {
    while (index < count) {
      index += 1;
      if (!writer.write(buildPiece(index - 1))) return onStall(index);
    }
    writer.end();
  };
  writer.startStream(200, {});
  writer.onDrain = pump;
  pump();
}

describe('slow readers', () => {
  it('the writer stops with a reader that stops, and all bytes arrive in order', async () => {
    const count = 1600;
    const stalledAt: number[] = [];
    const server = await startTestServer((_, writer) =>
      streamPieces(writer, count, (index) => stalledAt.push(index)),
    );
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    await vi.waitFor(() => expect(stalledAt).toHaveLength(1));
    await sleep(1000);
    expect(stalledAt).toHaveLength(1);
    // What was written is in the kernel's two socket buffers, but for the last piece.
    expect(stalledAt[0]).toBeLessThan(count / 4);
    client.socket.resume();
    const body = decodeChunks(await client.waitForEnd('\r\n0\r\n\r\n', 20_000));
    expect(body.length).toBe(count * PIECE_BYTES);
    for (let index = 0; index < count; index += 1) {
      if (body[index * PIECE_BYTES] !== (index % 251) + 1) throw new Error(`Piece ${index} is out of order.`);
    }
    expect(stalledAt.length).toBeGreaterThan(1);
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
    expect(client.isClosed).toBe(false);
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

describe('silence', () => {
  // One test, so that the waits run side by side.
  it('[REQ-7] a silent answer is not cut, nor a client that reads none of it for half a minute; a silent client is', async () => {
    const silentMs = 36_000;
    const aborted: string[] = [];
    const server = await startTestServer((request, writer) => {
      writer.onAbort = () => aborted.push(request.path);
      if (request.method === 'POST') return void request.readBody(10_000).catch(() => writer.cut());
      // Later: uWebSockets.js's time-out of a write inside the handler is forgotten when the handler ends.
      if (request.path === '/whole')
        return void setImmediate(() => writer.send(200, {}, Buffer.alloc(LARGE_BYTES, 'a')));
      if (request.path === '/first') return void setTimeout(() => writer.send(200, {}, 'end.'), silentMs);
      writer.startStream(200, {});
      setImmediate(() => writer.write(Buffer.alloc(request.path === '/between' ? 10 : LARGE_BYTES, 'a')));
      return void setTimeout(() => {
        writer.write(Buffer.from('end.'));
        writer.end();
      }, silentMs);
    });
    const waiting = ['/first', '/between', '/full'].map((path) => {
      const client = server.connect();
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 1000);
      return client.write(head(`GET ${path} HTTP/1.1`));
    });
    const post = head('POST /body HTTP/1.1', 'Content-Length: 9999');
    const stalled = ['', 'GET / HTTP/1.1\r\nHo', `${post}abc`].map((bytes) => server.connect().write(bytes));
    const dripping = ['GET / HTTP/1.1\r\n', post].map((bytes) => server.connect().write(bytes));
    const timer = setInterval(() => {
      for (const client of dripping) if (!client.isClosed) client.write('a: b\r\n');
    }, 500);
    // Longer than uWebSockets.js would wait; shorter than we do.
    const deaf = ['/stopped', '/whole'].map((path) => {
      const client = server.connect();
      client.socket.pause();
      return client.write(head(`GET ${path} HTTP/1.1`));
    });
    await Promise.all([...stalled, ...dripping].map((client) => client.waitForClose(60_000)));
    clearInterval(timer);
    expect(waiting.map((client) => client.isClosed)).toEqual([false, false, false]);
    await waiting[0]?.waitForEnd('end.', silentMs);
    for (const client of deaf) client.socket.resume();
    await deaf[1]?.waitForBytes(LARGE_BYTES, 20_000);
    for (const client of [...waiting.slice(1), ...deaf.slice(0, 1)])
      await client.waitForEnd('end.\r\n0\r\n\r\n', 20_000);
    expect(aborted).toEqual(['/body', '/body']);
  }, 150_000);

  it.each([
    ['/stream', 1],
    ['/whole', 0],
  ])(
    '[REQ-7] a client that stops reading is cut after stallMs, and the writer of a stream hears of it: %s',
    async (path, abortsExpected) => {
      let aborts = 0;
      let cuts = 0;
      const server = await startTestServer(
        (_, writer) => {
          writer.onAbort = () => (aborts += 1);
          if (path === '/whole') return writer.send(200, {}, Buffer.alloc(LARGE_BYTES));
          return streamPieces(writer, 1000, () => {});
        },
        { stallMs: 300, onCut: () => (cuts += 1) },
      );
      const client = server.connect().write(head(`GET ${path} HTTP/1.1`));
      await once(client.socket, 'data');
      client.socket.pause();
      // Waits for what is under way, and would have to cut it itself if nobody else did.
      await server.close(30_000);
      client.socket.resume();
      await client.waitForClose();
      expect(client.receivedBytes).toBeLessThan(LARGE_BYTES);
      expect({ aborts, cuts }).toEqual({ aborts: abortsExpected, cuts: 0 });
    },
  );

  it("[REQ-7] a standstill of this process is not the client's: it is not cut for it", async () => {
    const stallMs = 2_000;
    let stalls = 0;
    const server = await startTestServer((_, writer) => streamPieces(writer, 400, () => (stalls += 1)), {
      stallMs,
    });
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    await vi.waitFor(() => expect(stalls).toBe(1));
    client.socket.resume();
    // Of the next turn of the loop the timers come first, and all that are due have waited for too long.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs * 1.5);
    await client.waitForEnd('\r\n0\r\n\r\n', 20_000);
    expect(client.receivedBytes).toBeGreaterThan(400 * PIECE_BYTES);
  });

  it('[REQ-7] a client that reads slowly is not cut', async () => {
    const count = 400;
    const server = await startTestServer((_, writer) => streamPieces(writer, count, () => {}), {
      stallMs: 3_000,
    });
    const client = server.connect();
    // A piece at a time, so that the whole takes longer than the bound.
    client.socket.on('data', () => {
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 12);
    });
    client.write(get);
    await client.waitForEnd('\r\n0\r\n\r\n', 60_000);
    expect(client.receivedBytes).toBeGreaterThan(count * PIECE_BYTES);
  });
});
