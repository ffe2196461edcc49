import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger, type Logger } from '@tollgate/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../port.ts';
import { Link, type SingleLinkOptions } from './link.ts';
import { SCRIPTS } from './scripts.ts';
import {
  answerHandshake,
  startFakeRedis,
  type Answer,
  type FakeRedis,
} from './resp/testing/start-fake-redis.ts';

const SOON = { timeout: 30_000, interval: 5 };
const GET = { command: 'GET', args: ['a'] };
const RUN = { script: SCRIPTS.readNumber, keys: ['k'], args: [1] };

const open: { close(): unknown }[] = [];

async function start(answer: Answer): Promise<FakeRedis> {
  const server = await startFakeRedis(answer);
  open.unshift(server);
  return server;
}

/** A link whose clock only the test turns: a machine that stands still is no silent Redis. */
function connect(url: string, options: Partial<SingleLinkOptions> = {}) {
  const clock = { aheadMs: 0, nowMs: () => 0, monotonicMs: () => clock.aheadMs };
  const usable = vi.fn<() => void>();
  const link = new Link({
    url,
    connectionName: 'test',
    callTimeoutMs: 250,
    logger: silentLogger,
    clock,
    onUsable: usable,
    ...options,
  });
  open.unshift(link);
  return { link, clock, usable };
}

afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
});

describe('the link to Redis', () => {
  it('waits for the first attempt, within the time limit', async () => {
    const server = await start((words) => answerHandshake(words) ?? '$1\r\nx\r\n');
    const { link, usable } = connect(server.url);
    expect([link.isOpening, link.isUsable, link.send([GET])]).toEqual([true, false, null]);
    expect(await link.request(GET)).toBe('x');
    expect([link.isOpening, usable.mock.calls.length]).toEqual([false, 1]);
  });

  it('a refusal is a fault with the words of Redis', async () => {
    const server = await start((words) => answerHandshake(words) ?? '-WRONGTYPE no list\r\n');
    const { link } = connect(server.url);
    await expect(link.request(GET)).rejects.toThrow(new StoreUnavailableError('WRONGTYPE no list'));
    expect(link.isUsable).toBe(true);
  });

  it.each(['MOVED 3999 10.0.0.9:6381', 'ASK 3999 10.0.0.9:6381'])(
    '%s says what is wrong',
    async (message) => {
      const server = await start((words) => answerHandshake(words) ?? `-${message}\r\n`);
      const { link } = connect(server.url);
      await expect(link.request(GET)).rejects.toThrow(
        `one node of a Cluster, and the key is on another (${message})`,
      );
    },
  );

  it('sends again, with the source, only the calls whose script was unknown', async () => {
    const server = await start((words) => {
      if (words[0] === 'EVALSHA') return '-NOSCRIPT No matching script.\r\n';
      return answerHandshake(words) ?? (words[0] === 'EVAL' ? `+ran ${words[4]}\r\n` : '+got\r\n');
    });
    const { link } = connect(server.url);
    const replies = await link.requestAll([RUN, GET, { ...RUN, args: [2] }]);
    expect(replies).toEqual([{ value: 'ran 1' }, { value: 'got' }, { value: 'ran 2' }]);
    const sent = server.commands.filter(([name]) => name === 'EVAL');
    expect(sent.map((words) => words.slice(1))).toEqual([
      [SCRIPTS.readNumber.source, '1', 'k', '1'],
      [SCRIPTS.readNumber.source, '1', 'k', '2'],
    ]);
  });

  it('a script that is unknown even with its source fails: no endless circle', async () => {
    const server = await start((words) => answerHandshake(words) ?? '-NOSCRIPT never\r\n');
    const { link } = connect(server.url);
    await expect(link.request(RUN)).rejects.toThrow('NOSCRIPT never');
    expect(server.commands.filter(([name]) => name?.startsWith('EVAL'))).toHaveLength(2);
  });

  it('[LIM-11] half-open: one call waits, later ones fail at once, then a new connection serves', async () => {
    const server = await start((words, { connection }) =>
      words[0] === 'GET' && connection === 1 ? null : (answerHandshake(words) ?? '+ok\r\n'),
    );
    const { link, clock, usable } = connect(server.url);
    const sent = link.opened.then(() => link.send([GET, GET]));
    await expect(link.request(GET)).rejects.toThrow('within 250 ms');
    expect([link.isUsable, link.send([GET])]).toEqual([false, null]);
    await expect(link.request(GET)).rejects.toThrow('Redis is not there');
    clock.aheadMs += 2_000;
    const fault = { message: 'Redis is silent', name: 'StoreUnavailableError' };
    expect(await sent).toMatchObject([{ fault }, { fault }]);
    await vi.waitFor(() => expect(usable).toHaveBeenCalledTimes(2), SOON);
    expect(await link.request(GET)).toBe('ok');
  });

  it('a late answer makes it usable again on the same connection', async () => {
    let answerLate = () => {};
    const server = await start((words, { socket }) => {
      if (words[0] !== 'GET') return answerHandshake(words);
      answerLate = () => void socket.write('+late\r\n');
      return null;
    });
    const { link, usable } = connect(server.url, { callTimeoutMs: 30 });
    await link.opened;
    await expect(link.request(GET)).rejects.toThrow('within 30 ms');
    answerLate();
    await vi.waitFor(() => expect(link.isUsable).toBe(true), SOON);
    expect([usable.mock.calls.length, server.connections]).toEqual([2, 1]);
  });

  it('accepted and never ready: given up after the silence, and never usable', async () => {
    const server = await start((words) =>
      words[0] === 'PING' ? '-LOADING for ever\r\n' : answerHandshake(words),
    );
    const { link, clock } = connect(server.url);
    await vi.waitFor(() => expect(server.connections).toBe(1), SOON);
    clock.aheadMs += 2_000;
    await vi.waitFor(() => expect(server.connections).toBe(2), SOON);
    expect([link.isOpening, link.isUsable]).toEqual([false, false]);
  });

  it('warns once of a problem that stays', async () => {
    const warnings: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (detail, message) => warnings.push(`${message}: ${(detail as { err: Error }).err.message}`),
    };
    const server = await start((words) =>
      words[0] === 'AUTH' ? '-WRONGPASS no\r\n' : answerHandshake(words),
    );
    connect(`redis://:secret@127.0.0.1:${server.port}`, { logger });
    await vi.waitFor(() => expect(server.connections).toBeGreaterThan(2), SOON);
    expect(warnings).toEqual(['redis is not connected: Redis refused AUTH: WRONGPASS no']);
  });

  it('closed: calls in flight fail, and nothing is sent any more', async () => {
    const server = await start(answerHandshake);
    const { link } = connect(server.url);
    await link.opened;
    const sent = link.send([GET]);
    link.close();
    expect(await sent).toMatchObject([{ fault: { message: 'closed', name: 'StoreUnavailableError' } }]);
    expect(link.send([GET])).toBeNull();
    await sleep(80);
    expect(server.connections).toBe(1);
  });
});
