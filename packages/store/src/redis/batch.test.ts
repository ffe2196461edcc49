import { silentLogger, systemClock } from '@tollgate/core';
import { afterEach, describe, expect, it } from 'vitest';
import { TEST_TIMINGS } from '../contract/harness.ts';
import type { StoreUnavailableError } from '../port.ts';
import { DEFAULT_TIMINGS } from '../timings.ts';
import { Batcher, type BatcherOptions } from './batch.ts';
import { Link } from './link.ts';
import { answerHandshake, startFakeRedis, type FakeRedis } from './resp/testing/start-fake-redis.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

describe('a turn that goes wrong', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const part of open.splice(0)) await part.close();
  });

  async function start(
    reply: string,
    isCluster = false,
    onNews: BatcherOptions['onNews'] = () => {},
  ): Promise<{ batcher: Batcher; server: FakeRedis }> {
    const server = await startFakeRedis((words) => answerHandshake(words) ?? reply);
    const common = { callTimeoutMs: 5_000, clock: systemClock };
    const options = { ...common, url: server.url, connectionName: 'test', logger: silentLogger };
    const link = new Link({ ...options, onUsable() {} });
    open.push(link, server);
    return {
      server,
      batcher: new Batcher({
        ...common,
        link,
        timings: { ...DEFAULT_TIMINGS, ...TEST_TIMINGS },
        isCluster,
        nodeId: 'nod_1',
        onNews,
        onFault() {},
      }),
    };
  }

  /** What became of one operation. */
  const run = (batcher: Batcher, read: (result: unknown) => unknown = (result) => result) =>
    new Promise<{ result: unknown } | { fault: StoreUnavailableError; wasSent: boolean }>((resolve) => {
      const op: TurnOp = {
        rank: TURN_ORDER.take,
        tag: '{a}',
        answers: true,
        write: ({ keys, args }) => void (keys.push('{a}'), args.push('c')),
        settle: (result) => resolve({ result: read(result) }),
        abandon: (fault) => resolve({ fault, wasSent: false }),
        fail: (fault, wasSent) => resolve({ fault, wasSent }),
      };
      batcher.add(op);
    });

  it.each(['$3\r\n{"a\r\n', '$4\r\nnull\r\n', '$-1\r\n', ':1\r\n'])(
    'a result that is no list (%j) is a fault, and Redis may have run it',
    async (reply) => {
      const { batcher } = await start(reply);
      expect(await run(batcher)).toMatchObject({
        fault: { message: 'Redis gave no results' },
        wasSent: true,
      });
      await batcher.drain();
    },
  );

  it('a result of another shape is a fault of its operation, and not the end of the process', async () => {
    const { batcher } = await start('$4\r\n[[]]\r\n');
    const outcome = await run(batcher, () => {
      throw new TypeError('not iterable');
    });
    expect(outcome).toMatchObject({ fault: { message: 'Redis gave a result that is none' }, wasSent: true });
    await batcher.drain();
  });

  it('on a Cluster too', async () => {
    const { batcher } = await start('+OK\r\n', true);
    expect(await run(batcher)).toMatchObject({ fault: { message: 'Redis gave no results' }, wasSent: true });
  });

  it('the results are those of the operations that answer, in their order, and the rest is news', async () => {
    const news: unknown[] = [];
    const { batcher } = await start('$17\r\n[7,8,["granted"]]\r\n', false, (told) => news.push(...told));
    const silent: TurnOp = {
      rank: TURN_ORDER.take,
      tag: '{a}',
      answers: false,
      write: ({ keys, args }) => void (keys.push('{a}'), args.push('r')),
      settle: () => news.push('an operation that asks nothing was answered'),
      abandon() {},
      fail() {},
    };
    const first = run(batcher);
    batcher.add(silent);
    expect(await Promise.all([first, run(batcher)])).toEqual([{ result: 7 }, { result: 8 }]);
    expect(news).toEqual([['granted']]);
  });

  it('waits for the first connection and is sent as soon as it is there', async () => {
    const { batcher, server } = await start('$3\r\n[7]\r\n');
    expect(await run(batcher)).toEqual({ result: 7 });
    expect(server.commands.filter(([name]) => name === 'EVALSHA')).toHaveLength(1);
  });

  it('an address where nobody is: fails at once, and was not sent', async () => {
    const { batcher, server } = await start('+OK\r\n');
    await server.close();
    expect(await run(batcher)).toMatchObject({ wasSent: false });
    await batcher.drain();
  });
});
