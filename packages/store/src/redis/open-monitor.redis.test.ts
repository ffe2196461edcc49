import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openMonitor, parseHeardCommand, type HeardCommand } from './open-monitor.ts';

const SOON = { timeout: 30_000, interval: 5 };

describe('what a Redis runs', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedisServer();
    client = new Redis(server.url);
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });

  it('is heard in order, with what it was given, by monitors that are opened while commands come', async () => {
    const odd = 'a "b"\\ c\r\n\t\0\x7f';
    const isOver = { now: false };
    const traffic = (async () => {
      while (!isOver.now) await Promise.all(Array.from({ length: 10 }, () => client.echo('noise')));
    })();
    const heards: HeardCommand[][] = [];
    using monitors = new DisposableStack();
    for (let count = 0; count < 5; count += 1) {
      const heard: HeardCommand[] = [];
      monitors.use(
        await openMonitor(server.url, (command) => {
          if (!command.args.includes('noise')) heard.push(command);
        }),
      );
      heards.push(heard);
    }
    isOver.now = true;
    await traffic;
    await client.eval(`redis.call('SET', KEYS[1], ARGV[1])`, 1, 'key', odd);
    await client.echo('end');
    for (const heard of heards) {
      await vi.waitFor(() => expect(heard.at(-1)?.args).toEqual(['echo', 'end']), SOON);
      const own = heard.filter(({ args }) => args.includes('key'));
      expect(own.map(({ isOfScript }) => isOfScript)).toEqual([false, true]);
      expect(own[1]?.args).toEqual(['SET', 'key', odd]);
    }
  });

  it('nobody there is a fault', async () => {
    await expect(openMonitor('redis://127.0.0.1:1', () => {})).rejects.toThrow('ECONNREFUSED');
  });

  it('a line is taken apart, whatever its arguments hold', () => {
    const line = String.raw`+1795305146.156912 [0 [::1]:60850] "EVAL" "[0 lua] \"x\" \\" ""`;
    expect(parseHeardCommand(line)).toEqual({
      args: ['EVAL', '[0 lua] "x" \\', ''],
      isOfScript: false,
    });
    expect(parseHeardCommand('+1.2 [0 lua] "TIME"')).toEqual({ args: ['TIME'], isOfScript: true });
  });
});
