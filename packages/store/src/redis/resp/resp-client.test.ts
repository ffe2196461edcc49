import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeCommands, type Word } from './encode-command.ts';
import { ConnectionLostError, RespError, type RespOutcome } from './reply.ts';
import { RespClient, type RespClientOptions } from './resp-client.ts';
import { answerHandshake, startFakeRedis, type Answer, type FakeRedis } from './testing/start-fake-redis.ts';

const SOON = { timeout: 30_000, interval: 5 };
const LOST = expect.any(ConnectionLostError);

const open: { close(): unknown }[] = [];

async function start(answer: Answer): Promise<FakeRedis> {
  const server = await startFakeRedis(answer);
  open.unshift(server);
  return server;
}

function connect(url: string, options: Partial<RespClientOptions> = {}) {
  const closes: string[] = [];
  const client = new RespClient({
    url,
    connectionName: 'test',
    connectTimeoutMs: 5_000,
    retryAfterMs: () => 5,
    onReady() {},
    onClose: (reason) => closes.push(reason.message),
    ...options,
  });
  open.unshift(client);
  return { client, closes };
}

const becomesReady = (client: RespClient) => vi.waitFor(() => expect(client.isReady).toBe(true), SOON);

function ask(client: RespClient, ...commands: Word[][]): Promise<RespOutcome[]> {
  return new Promise((resolve, reject) => {
    if (!client.exchange(encodeCommands(commands), commands.length, resolve)) reject(new Error('not ready'));
  });
}

afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
});

describe('a connection to Redis', () => {
  it('says who it is in one go and then sends what it is given, in order', async () => {
    const server = await start((words) => answerHandshake(words) ?? `+${words[1]}\r\n`);
    const { client } = connect(`redis://user:p%20w@127.0.0.1:${server.port}/3`);
    await becomesReady(client);
    expect(server.commands).toEqual([
      ['AUTH', 'user', 'p w'],
      ['SELECT', '3'],
      ['CLIENT', 'SETNAME', 'test'],
      ['CLIENT', 'SETINFO', 'LIB-NAME', 'tollgate'],
      ['PING'],
    ]);
    const both = await Promise.all([ask(client, ['GET', 'é'], ['GET', 'b']), ask(client, ['GET', 'c'])]);
    expect(both).toEqual([['é', 'b'], ['c']]);
  });

  it('takes nothing before it is ready', async () => {
    const server = await start(() => null);
    const { client } = connect(server.url);
    await vi.waitFor(() => expect(server.commands.length).toBeGreaterThan(0), SOON);
    await expect(ask(client, ['GET', 'a'])).rejects.toThrow('not ready');
    expect(server.commands).not.toContainEqual(['GET', 'a']);
  });

  it('dropped in the middle of a reply: each command without one has the fault, the next ones pass', async () => {
    const server = await start((words, { connection, socket }) => {
      if (words[0] !== 'GET') return answerHandshake(words);
      if (connection > 1) return ':2\r\n';
      socket.end(':1\r\n$10\r\nhalf');
      return null;
    });
    const { client } = connect(server.url);
    await becomesReady(client);
    const replies = await Promise.all([ask(client, ['GET', 'a'], ['GET', 'b']), ask(client, ['GET', 'c'])]);
    expect(replies).toEqual([[1, LOST], [LOST]]);
    await becomesReady(client);
    expect(await ask(client, ['GET', 'd'])).toEqual([2]);
  });

  it.each([
    ['garbage', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'unknown type'],
    ['a length beyond all bounds', '$4000000000\r\n', 'too long'],
    ['a reply too many', ':1\r\n:2\r\n:3\r\n', 'nobody asked for'],
  ])('%s: the connection is dropped and a new one is made', async (_what, bytes, reason) => {
    const server = await start((words, { connection }) =>
      words[0] === 'GET' ? (connection === 1 ? bytes : '+fine\r\n') : answerHandshake(words),
    );
    const { client, closes } = connect(server.url);
    await becomesReady(client);
    await ask(client, ['GET', 'a']);
    await vi.waitFor(() => expect(closes).toEqual([expect.stringContaining(reason)]), SOON);
    await becomesReady(client);
    expect(await ask(client, ['GET', 'b'])).toEqual(['fine']);
  });

  it.each(['READONLY You can only read', 'ERR Error running script: -READONLY no', 'LOADING later'])(
    '%s: said to the caller, and the connection is left',
    async (message) => {
      const server = await start((words, { connection }) =>
        words[0] === 'SET' && connection === 1 ? `-${message}\r\n` : (answerHandshake(words) ?? '+OK\r\n'),
      );
      const { client } = connect(server.url);
      await becomesReady(client);
      const [refused] = await ask(client, ['SET', 'a', 1]);
      expect(refused).toEqual(new RespError(message));
      await vi.waitFor(() => expect(server.connections).toBe(2), SOON);
      await becomesReady(client);
      expect(await ask(client, ['SET', 'a', 1])).toEqual(['OK']);
    },
  );

  it('loading: not ready until a PING is answered, on the same connection', async () => {
    let pings = 0;
    const server = await start((words) => {
      if (words[0] !== 'PING') return answerHandshake(words);
      pings += 1;
      return pings < 3 ? '-LOADING Redis is loading the dataset in memory\r\n' : '+PONG\r\n';
    });
    const { client, closes } = connect(server.url);
    await vi.waitFor(() => expect(pings).toBe(1), SOON);
    expect(client.isReady).toBe(false);
    await becomesReady(client);
    expect([pings, server.connections, closes]).toEqual([3, 1, []]);
  });

  it.each<[string, string, string]>([
    ['AUTH', '-WRONGPASS invalid username-password pair\r\n', 'Redis refused AUTH: WRONGPASS'],
    ['SELECT', '-ERR DB index is out of range\r\n', 'Redis refused SELECT: ERR DB index'],
    ['PING', '-NOAUTH Authentication required.\r\n', 'Redis refused PING: NOAUTH'],
    ['PING', '+PENG\r\n', 'Redis refused PING: no PONG'],
  ])('%s refused: never ready, tried again, and no secret in the reason', async (name, reply, reason) => {
    const server = await start((words) => (words[0] === name ? reply : answerHandshake(words)));
    const { client, closes } = connect(`redis://:secret@127.0.0.1:${server.port}/1`);
    await vi.waitFor(() => expect(closes.length).toBeGreaterThan(1), SOON);
    expect(closes[0]).toContain(reason);
    expect(closes.join('\n')).not.toContain('secret');
    expect(client.isReady).toBe(false);
  });

  it.each([
    ['CLIENT', '-ERR unknown subcommand'],
    ['AUTH', '-ERR AUTH <password> called without any password configured for the default user.'],
    ['PING', '-NOPERM this user has no permissions to run the PING command'],
  ])('%s refused with %s does no harm', async (name, message) => {
    const server = await start((words) => (words[0] === name ? `${message}\r\n` : answerHandshake(words)));
    const { client, closes } = connect(`redis://:secret@127.0.0.1:${server.port}`);
    await becomesReady(client);
    expect(closes).toEqual([]);
  });

  it('accepted and never answered: given up after the time limit', async () => {
    const server = await start(() => null);
    const { closes } = connect(server.url, { connectTimeoutMs: 50 });
    await vi.waitFor(() => expect(server.connections).toBeGreaterThan(1), SOON);
    expect(closes[0]).toBe('Redis was not ready in time');
  });

  it('TLS that is answered by something else: given up, and nothing was sent in the clear', async () => {
    const server = await start(() => null);
    const { client, closes } = connect(`rediss://:secret@127.0.0.1:${server.port}`, { connectTimeoutMs: 50 });
    await vi.waitFor(() => expect(closes.length).toBeGreaterThan(0), SOON);
    expect(client.isReady).toBe(false);
    expect(server.commands).toEqual([]);
  });

  it('waits as long as it is told, longer with each failure, and begins anew after a success', async () => {
    const failures: number[] = [];
    const server = await start((words, { connection, socket }) => {
      if (connection > 3) return answerHandshake(words);
      socket.destroy();
      return null;
    });
    const { client } = connect(server.url, { retryAfterMs: (count) => failures.push(count) });
    await becomesReady(client);
    expect(failures).toEqual([1, 2, 3]);
    client.reconnect('test');
    expect(failures).toEqual([1, 2, 3, 1]);
  });

  it('closed: calls in flight have their fault, and no new connection is made', async () => {
    const server = await start(answerHandshake);
    const { client } = connect(server.url);
    await becomesReady(client);
    const asked = ask(client, ['GET', 'a']);
    client.close();
    expect(await asked).toEqual([LOST]);
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect(server.connections).toBe(1);
    await expect(ask(client, ['GET', 'a'])).rejects.toThrow('not ready');
  });

  it('closed between two attempts: the next one is not made', async () => {
    const server = await start((_words, { socket }) => (socket.destroy(), null));
    const lost = Promise.withResolvers<void>();
    // When the connection is lost and the next attempt is planned, before any of its time is over.
    const onClose = () =>
      queueMicrotask(() => {
        client.close();
        lost.resolve();
      });
    const { client } = connect(server.url, { retryAfterMs: () => 30, onClose });
    await lost.promise;
    await new Promise((resolve) => void setTimeout(resolve, 80));
    expect(server.connections).toBe(1);
  });
});
