import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createCertificate, startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeCommands, type Word } from './encode-command.ts';
import type { RespOutcome } from './reply.ts';
import { RespClient } from './resp-client.ts';

const SOON = { timeout: 30_000, interval: 5 };

describe('a real Redis', () => {
  let server: RedisServer;
  let admin: Redis;
  let closes: string[] = [];
  const clients: RespClient[] = [];
  const proxies: Server[] = [];

  function connect(url: string): RespClient {
    const client = new RespClient({
      url,
      connectionName: 'tollgate:test',
      connectTimeoutMs: 2_000,
      retryAfterMs: () => 20,
      onReady() {},
      onClose: (reason) => closes.push(reason.message),
    });
    clients.push(client);
    return client;
  }

  async function ask(client: RespClient, ...words: Word[]): Promise<RespOutcome | undefined> {
    await vi.waitFor(() => expect(client.isReady).toBe(true), SOON);
    return new Promise((resolve) => {
      client.exchange(encodeCommands([words]), 1, ([reply]) => resolve(reply));
    });
  }

  async function listen(proxy: Server, at: number | string): Promise<Server> {
    proxies.push(proxy);
    await new Promise<void>((resolve) =>
      typeof at === 'number' ? proxy.listen(at, resolve) : proxy.listen(at, resolve),
    );
    return proxy;
  }

  const portOf = (proxy: Server) => (proxy.address() as AddressInfo).port;

  beforeAll(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url);
    await admin.call('ACL', 'SETUSER', 'gate', 'on', '>pass wörd', '~*', '&*', '+@all');
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const proxy of proxies.splice(0)) proxy.close();
    closes = [];
    await admin.config('SET', 'requirepass', '');
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  it('signs in as a user, selects the database, and names the connection', async () => {
    const client = connect(`redis://gate:pass%20w%C3%B6rd@127.0.0.1:${server.port}/5`);
    expect(await ask(client, 'SET', 'where', 'f\u0000nf 😀\r\n')).toBe('OK');
    expect(await ask(client, 'ACL', 'WHOAMI')).toBe('gate');
    expect(await ask(client, 'CLIENT', 'GETNAME')).toBe('tollgate:test');
    const other = admin.duplicate({ db: 5 });
    expect(await other.get('where')).toBe('f\u0000nf 😀\r\n');
    expect(await admin.get('where')).toBeNull();
    other.disconnect();
  });

  it('signs in with the password alone, and does not get in with another or with none', async () => {
    await admin.config('SET', 'requirepass', 'right');
    expect(await ask(connect(`redis://:right@127.0.0.1:${server.port}`), 'ACL', 'WHOAMI')).toBe('default');
    const refused = [connect(`redis://:wrong@127.0.0.1:${server.port}`), connect(server.url)];
    await vi.waitFor(() => expect(closes.length).toBeGreaterThan(3), SOON);
    expect(closes.filter((reason) => reason.startsWith('Redis refused AUTH: WRONGPASS'))).not.toHaveLength(0);
    expect(closes.filter((reason) => reason.startsWith('Redis refused PING: NOAUTH'))).not.toHaveLength(0);
    expect(refused.map((client) => client.isReady)).toEqual([false, false]);
  });

  it('a password that Redis does not ask for does no harm', async () => {
    expect(await ask(connect(`redis://:any@127.0.0.1:${server.port}`), 'PING')).toBe('PONG');
  });

  it('a database that does not exist is refused, not replaced by another', async () => {
    const client = connect(`${server.url}/9999`);
    await vi.waitFor(() => expect(closes[0]).toContain('Redis refused SELECT'), SOON);
    expect(client.isReady).toBe(false);
  });

  it('carries megabytes both ways', async () => {
    const text = '0123456789😀'.repeat(300_000);
    const client = connect(server.url);
    expect(await ask(client, 'SET', 'large', text)).toBe('OK');
    expect(await ask(client, 'GET', 'large')).toBe(text);
    expect(
      await ask(client, 'EVAL', 'return {1, {false, "a"}, redis.error_reply("ERR b")}', 0),
    ).toMatchObject([1, [null, 'a'], { message: 'ERR b' }]);
  });

  it('over a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-socket-'));
    const path = join(folder, 'redis.sock');
    await listen(
      createServer((socket) => void socket.pipe(connectTcp(server.port, '127.0.0.1')).pipe(socket)),
      path,
    );
    expect(await ask(connect(`${path}?db=2`), 'CLIENT', 'INFO')).toContain(' db=2 ');
    rmSync(folder, { recursive: true, force: true });
  });

  it('over TLS only when the certificate is trusted and names the host', async () => {
    const { key, cert } = createCertificate(Date.now());
    const proxy = await listen(
      createTlsServer({ key, cert }, (socket) => {
        socket.on('error', () => {});
        socket.pipe(connectTcp(server.port, '127.0.0.1')).pipe(socket);
      }),
      0,
    );
    const untrusted = connect(`rediss://127.0.0.1:${portOf(proxy)}`);
    await vi.waitFor(() => expect(closes[0]).toContain('self-signed certificate'), SOON);
    expect(untrusted.isReady).toBe(false);
    untrusted.close();
    closes = [];

    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, cert]);
    expect(await ask(connect(`rediss://127.0.0.1:${portOf(proxy)}/1`), 'CLIENT', 'INFO')).toContain(' db=1 ');
    expect(await ask(connect(`rediss://localhost:${portOf(proxy)}`), 'PING')).toBe('PONG');
    const misnamed = connect(`rediss://127.0.0.2:${portOf(proxy)}`);
    await vi.waitFor(() => expect(closes[0]).toContain("does not match certificate's altnames"), SOON);
    expect(misnamed.isReady).toBe(false);
    setDefaultCACertificates(trusted);
  });

  it('over IPv6, or says which IPv6 address did not answer', async () => {
    const proxy = createServer(
      (socket) => void socket.pipe(connectTcp(server.port, '127.0.0.1')).pipe(socket),
    );
    proxies.push(proxy);
    const port = await new Promise<number | null>((resolve) => {
      proxy.once('error', () => resolve(null)); // a machine without IPv6
      proxy.listen(0, '::1', () => resolve(portOf(proxy)));
    });
    const client = connect(`redis://[::1]:${port ?? 1}`);
    if (port !== null) expect(await ask(client, 'PING')).toBe('PONG');
    else await vi.waitFor(() => expect(closes[0]).toContain('::1:1'), SOON);
  });
});
