/** Clients that leave, and a server that closes. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TollgateError, silentLogger, systemClock } from '@tollgate/core';
import { describe, expect, it, vi } from 'vitest';
import { head, plainErrors, startTestServer } from './fixtures/test-server.ts';
import type { ClientRequest, ResponseWriter } from './port.ts';
import { startServer } from './start-server.ts';

const get = head('GET / HTTP/1.1');

/** A server that keeps what it got, and counts onAbort. */
async function startKeeping(begin: (request: ClientRequest, writer: ResponseWriter) => void = () => {}) {
  const kept: { request: ClientRequest; writer: ResponseWriter; aborts: number }[] = [];
  const server = await startTestServer((request, writer) => {
    const entry = { request, writer, aborts: 0 };
    writer.onAbort = () => (entry.aborts += 1);
    kept.push(entry);
    begin(request, writer);
  });
  const first = async () => {
    await vi.waitFor(() => expect(kept).not.toHaveLength(0));
    return kept[0]!;
  };
  return { server, first };
}

describe('clients that leave', () => {
  it.each([
    ['closes', (client: { destroy(): void }) => client.destroy()],
    ['resets', (client: { resetAndDestroy(): void }) => client.resetAndDestroy()],
    ['ends its side', (client: { end(): void }) => client.end()],
  ])('[REQ-7] before the answer (%s): onAbort once, later calls do nothing', async (_, leave) => {
    const { server, first } = await startKeeping();
    const client = server.connect().write(get);
    const entry = await first();
    leave(client.socket);
    await vi.waitFor(() => expect(entry.aborts).toBe(1));
    expect(entry.writer.state).toBe('aborted');
    entry.writer.send(200, {}, 'x');
    entry.writer.startStream(200, {});
    expect(entry.writer.write(Buffer.from('x'))).toBe(true);
    entry.writer.sendError(new TollgateError('internal'));
    entry.writer.cut();
    await sleep(20);
    expect(entry.aborts).toBe(1);
  });

  it('[REQ-7] mid-body: readBody rejects with client_closed, and onAbort comes once', async () => {
    let code = '';
    const { server, first } = await startKeeping((request) => {
      void request.readBody(1000).catch((error: TollgateError) => (code = error.code));
    });
    const client = server.connect().write(head('POST / HTTP/1.1', 'Content-Length: 10') + 'abc');
    const entry = await first();
    client.socket.destroy();
    await vi.waitFor(() => expect([code, entry.aborts]).toEqual(['client_closed', 1]));
    await expect(entry.request.readBody(1000)).rejects.toMatchObject({ code: 'client_closed' });
  });

  it('[REQ-7] mid-stream: onAbort once, further bytes go nowhere', async () => {
    const { server, first } = await startKeeping((_, writer) => {
      writer.startStream(200, {});
      writer.write(Buffer.from('abc'));
    });
    const client = server.connect().write(get);
    await client.waitFor('abc');
    client.socket.destroy();
    const entry = await first();
    await vi.waitFor(() => expect(entry.aborts).toBe(1));
    for (let round = 0; round < 100; round += 1) entry.writer.write(Buffer.alloc(100_000));
    entry.writer.end();
    expect(entry.aborts).toBe(1);
  });

  it('[REQ-7] while it does not read: onAbort once', async () => {
    const { server, first } = await startKeeping((_, writer) => {
      writer.startStream(200, {});
      writer.write(Buffer.alloc(16 * 1024 * 1024));
    });
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    const entry = await first();
    await sleep(100);
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(entry.aborts).toBe(1));
    await sleep(50);
    expect(entry.aborts).toBe(1);
  });

  it('[REQ-7] after the answer: no onAbort', async () => {
    const { server, first } = await startKeeping((_, writer) => writer.send(200, {}, 'done'));
    const client = server.connect().write(get);
    await client.waitFor('done');
    client.socket.destroy();
    await sleep(50);
    expect((await first()).aborts).toBe(0);
  });
});

const handle = (_: ClientRequest, writer: ResponseWriter) => writer.send(200, {}, 'ok');

describe('the port', () => {
  const options = {
    port: 0,
    host: '127.0.0.1',
    errorShape: plainErrors,
    clock: systemClock,
    logger: silentLogger,
  };

  it('a busy port is an error that names it', async () => {
    const server = await startTestServer(handle);
    const busy = startServer({ ...options, handle, port: server.port });
    await expect(busy).rejects.toThrow(`Cannot listen on 127.0.0.1 port ${server.port}.`);
  });

  it('is shared where that is asked for', async () => {
    // The system gives REUSEPORT only to a port that is named.
    const holder = createServer().listen({ port: 0, host: options.host, reusePort: true });
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const server = await startTestServer(handle, { port, isPortShared: true });
    const second = await startServer({ ...options, handle, port, isPortShared: true });
    holder.close();
    await once(holder, 'close');
    expect([server.port, second.port]).toEqual([port, port]);
    await second.close(0);
    await server.connect().write(get).waitFor('ok');
  });

  it('an IPv4 client of an IPv6 socket has an IPv4 address', async () => {
    let address = '';
    const server = await startTestServer(
      (request, writer) => {
        address = request.remoteAddress;
        writer.send(200, {}, 'ok');
      },
      { host: '::' },
    );
    await server.connect().write(get).waitFor('ok');
    expect(address).toBe('127.0.0.1');
  });
});

describe('close', () => {
  it('[OPS-11] waits for an answer that has begun, and takes no new connection', async () => {
    const { server, first } = await startKeeping((_, writer) => {
      writer.startStream(200, {});
      writer.write(Buffer.from('abc'));
    });
    const client = server.connect().write(get);
    await client.waitFor('abc');
    const closing = server.close(5000);
    const late = server.connect().write(get);
    await late.waitForClose();
    expect(late.errorCode).toBe('ECONNREFUSED');
    const entry = await first();
    entry.writer.write(Buffer.from('def'));
    entry.writer.end();
    await closing;
    expect(await client.waitForClose()).toMatch(/def\r\n0\r\n\r\n$/);
    expect(entry.aborts).toBe(0);
  });

  it('[OPS-11] cuts what is left after the grace, and tells its writer', async () => {
    const { server, first } = await startKeeping();
    const client = server.connect().write(get);
    const entry = await first();
    await server.close(100);
    expect(await client.waitForClose()).toBe('');
    expect(entry.aborts).toBe(1);
  });

  it('[OPS-11] a stream that is ended with bytes queued arrives whole', async () => {
    const { server, first } = await startKeeping((_, writer) => {
      writer.startStream(200, {});
      writer.write(Buffer.alloc(8 * 1024 * 1024, 'a'));
      writer.end();
    });
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    await first();
    const closing = server.close(5000);
    await sleep(200);
    client.socket.resume();
    await closing;
    expect((await client.waitForEnd('\r\n0\r\n\r\n')).length).toBeGreaterThan(8 * 1024 * 1024);
  });

  it('[OPS-11] a large whole answer arrives whole', async () => {
    const { server, first } = await startKeeping((_, writer) => {
      writer.send(200, {}, Buffer.alloc(8 * 1024 * 1024, 'a'));
    });
    const client = server.connect();
    client.socket.pause();
    client.write(get);
    await first();
    const closing = server.close(5000);
    await sleep(200);
    client.socket.resume();
    await closing;
    expect((await client.waitForClose()).length).toBeGreaterThan(8 * 1024 * 1024);
  });

  it('[OPS-11] with nothing to do closes idle connections; twice is once', async () => {
    const server = await startTestServer((_, writer) => writer.send(200, {}, 'ok'));
    const client = server.connect().write(get);
    await client.waitFor('ok');
    await Promise.all([server.close(1000), server.close(1000)]);
    expect(await client.waitForClose()).toContain('ok');
  });
});
