import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisServer, startSimulator, type RedisServer, type Simulator } from '@tollgate/testkit';
import type { TollgateClient } from '@tollgate/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type Fleet } from '../harness/fleet.ts';
import { expectLedgerExact } from '../harness/ledger.ts';
import { exchangeRaw } from '../harness/raw-http.ts';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import { waitUntil } from '../harness/wait-until.ts';

const USERS = ['rich', 'limited', 'narrow', 'late', 'quota'] as const;
type User = (typeof USERS)[number];
const buildKey = (user: User): string => `sk-test-degraded-${user}-0123456789`;

const RPM = 8;
const SLOTS = 4;
const NODES = 2;
/** The store's time limit, and what a loaded machine adds to a request that takes a few ms. */
const ANSWER_WITHIN_MS = 250 + 400;
/** A node counts the others once in a heartbeat. */
const COUNTED_WITHIN_MS = 15_000;

/** LIM-11 as it is by default (`local`), on two nodes, with a Redis that is really slow, frozen, dead and flushed. */
describe('[LIM-11] degraded by Redis', () => {
  let simulator: Simulator;
  let redis: RedisServer;
  let proxy: TcpProxy;
  let fleet: Fleet;
  let control: TollgateProcess;
  let nodes: TollgateProcess[];
  let gateways: string[];
  let admin: TollgateClient;

  beforeAll(async () => {
    simulator = await startSimulator();
    redis = await startRedisServer();
    proxy = await startTcpProxy(redis.port);
    fleet = await prepareFleet({
      redisUrl: `redis://127.0.0.1:${proxy.port}`,
      controlRedisUrl: redis.url,
      env: { TOLLGATE_LOG_LEVEL: 'warn' },
    });
    control = await fleet.startControl();
    await applyConfig(fleet, control, buildDegradedConfig(simulator.url));
    nodes = await Promise.all(['one', 'two'].map((name) => fleet.startGateway(name)));
    gateways = nodes.map(({ ready }) => ready['gateway'] ?? '');
    admin = connectAdmin(control);
    // The first heartbeat after the start of the other node.
    await sleep(11_000);
  });
  afterAll(async () => {
    for (const node of nodes) expect(await node.stop()).toBe(0);
    for (const user of USERS) await expectLedgerExact(admin, `${user}@example.com`);
    expect(await control.stop()).toBe(0);
    await fleet.cleanUp();
    await proxy.stop();
    await redis.stop();
    await simulator.stop();
  });

  const readStatus = async (gateway: string, user: User): Promise<number> => {
    const answer = await postMessages(gateway, buildMessage(), { 'x-api-key': buildKey(user) });
    await answer.text();
    return answer.status;
  };

  /** Status and the ms that it took, of `count` requests at once. */
  const race = (gateway: string, user: User, count: number): Promise<{ status: number; tookMs: number }[]> =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const startMs = performance.now();
        const status = await readStatus(gateway, user);
        return { status, tookMs: performance.now() - startMs };
      }),
    );

  const readState = async (gateway: string): Promise<unknown[]> => {
    const answers = await Promise.all(['/health', '/ready'].map((path) => fetch(gateway + path)));
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { store: string }[];
    return answers.map(({ status }, index) => [status, bodies[index]?.store]);
  };

  /** Both nodes know their users, and what these have. */
  async function warmUp(): Promise<void> {
    for (const gateway of gateways) {
      await waitUntil(
        'the store is there',
        async () => (await readState(gateway)).join() === '200,ok,200,ok',
      );
      for (const user of ['rich', 'narrow', 'quota'] as const)
        expect(await readStatus(gateway, user)).toBe(200);
    }
    await sleep(300);
  }

  async function expectWhole(): Promise<void> {
    for (const gateway of gateways) {
      await waitUntil('the store is back', async () => (await readState(gateway)).join() === '200,ok,200,ok');
      expect(await readStatus(gateway, 'rich')).toBe(200);
    }
  }

  /** Each node gives its share of the limits, says so, and lets nobody pass whose money it does not know. */
  async function expectDegraded(): Promise<void> {
    for (const gateway of gateways) {
      await waitUntil(
        'it is seen',
        async () => (await readState(gateway)).join() === '200,degraded,200,degraded',
      );
      expect(await readStatus(gateway, 'rich')).toBe(200);
      expect(await readStatus(gateway, 'quota')).toBe(200);
      expect(await readStatus(gateway, 'late')).toBe(503);
      await expectSlotsShared(gateway);
    }
  }

  async function expectSlotsShared(gateway: string): Promise<void> {
    simulator.setScript(() => ({ delayHeadersMs: 400 }));
    const before = simulator.requests.length;
    const running = race(gateway, 'narrow', SLOTS);
    await sleep(250);
    expect(simulator.requests.length - before).toBe(SLOTS / NODES);
    expect((await running).map(({ status }) => status)).toEqual(Array.from({ length: SLOTS }, () => 200));
    simulator.setScript(() => null);
  }

  it('slow, within the limit of 250 ms: exact as ever', async () => {
    await warmUp();
    proxy.slow(40);
    try {
      for (const gateway of gateways) {
        expect(await readStatus(gateway, 'rich')).toBe(200);
        expect(await readState(gateway)).toEqual([
          [200, 'ok'],
          [200, 'ok'],
        ]);
      }
    } finally {
      proxy.heal();
    }
    await expectWhole();
  });

  it('slow, beyond the limit: as if it were gone, until it answers in time again', async () => {
    await warmUp();
    expect(await readStatus(gateways[0] ?? '', 'rich')).toBe(200);
    proxy.slow(400);
    try {
      await expectDegraded();
    } finally {
      proxy.heal();
    }
    await expectWhole();
  });

  it('frozen: no request waits for it twice, nor longer than 250 ms', async () => {
    await warmUp();
    redis.signal('SIGSTOP');
    try {
      for (const gateway of gateways) {
        const answers = await race(gateway, 'rich', 50);
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
        const slowestMs = Math.max(...answers.map(({ tookMs }) => tookMs));
        console.log(`frozen: slowest of ${answers.length} requests ${Math.round(slowestMs)} ms`);
        expect(slowestMs).toBeLessThan(ANSWER_WITHIN_MS);
      }
      await expectDegraded();
    } finally {
      redis.signal('SIGCONT');
    }
    await expectWhole();
  });

  it('[LIM-1] the requests a minute are divided, never unlimited', async () => {
    await warmUp();
    for (const gateway of gateways) expect(await readStatus(gateway, 'limited')).toBe(200);
    await sleep(300);
    proxy.swallow();
    try {
      for (const gateway of gateways)
        await waitUntil('it is seen', async () => (await readState(gateway)).join().includes('degraded'));
      const answers = await Promise.all(gateways.map((gateway) => race(gateway, 'limited', 2 * RPM)));
      for (const ofNode of answers) {
        const statuses = ofNode.map(({ status }) => status);
        const passed = statuses.filter((status) => status === 200).length;
        // The clock minute may end in between: then twice.
        expect([RPM / NODES, (2 * RPM) / NODES]).toContain(passed);
        expect(statuses.filter((status) => status === 429)).toHaveLength(2 * RPM - passed);
      }
    } finally {
      proxy.heal();
    }
    await expectWhole();
  });

  it('killed and started again: this node serves its share, then all is exact without a restart', async () => {
    await warmUp();
    expect(await readStatus(gateways[0] ?? '', 'rich')).toBe(200);
    const { port } = redis;
    redis.signal('SIGKILL');
    await expectDegraded();
    await redis.stop();
    redis = await startRedisServer({ port });
    await expectWhole();
    await waitUntil(
      'the nodes count each other',
      async () => (await countNodes()) === NODES,
      COUNTED_WITHIN_MS,
    );
  });

  it('flushed: goes on, and what was counted is counted anew', async () => {
    await warmUp();
    const replies = await exchangeRaw(redis.url, 'FLUSHALL\r\nQUIT\r\n', 2_000);
    expect(replies.toString()).toBe('+OK\r\n+OK\r\n');
    for (const gateway of gateways) {
      expect(await readStatus(gateway, 'rich')).toBe(200);
      expect(await readStatus(gateway, 'quota')).toBe(200);
    }
    await expectWhole();
  });

  it('each change is one line of the log', () => {
    for (const node of nodes) {
      const gone = node.stderr().split('the store is away').length - 1;
      const back = node.stderr().split('the store is back').length - 1;
      expect(gone).toBeGreaterThanOrEqual(4);
      expect(back).toBe(gone);
    }
  });

  const countNodes = async (): Promise<number> => {
    const reply = await exchangeRaw(redis.url, 'KEYS *nodes*\r\nQUIT\r\n', 2_000);
    const name = /\r\n(\S*nodes\S*)\r\n/.exec(reply.toString())?.[1] ?? '';
    const count = await exchangeRaw(redis.url, `ZCARD ${name}\r\nQUIT\r\n`, 2_000);
    return Number(/^:(\d+)/.exec(count.toString())?.[1] ?? 0);
  };
});

function buildDegradedConfig(url: string): string {
  const user = (name: User, changes: Record<string, unknown> = {}) => ({
    email: `${name}@example.com`,
    balance: '100.00',
    concurrency: 0,
    rpm: 0,
    ...changes,
  });
  return buildConfig({
    accounts: [{ name: 'a1', base_url: url, concurrency: 0 }],
    users: [
      user('rich'),
      user('limited', { rpm: RPM }),
      user('narrow', { concurrency: SLOTS }),
      user('late'),
      user('quota', { token_limit: 1_000_000 }),
    ],
    keys: USERS.map((name) => ({
      user: `${name}@example.com`,
      name,
      groups: ['main'],
      key: buildKey(name),
    })),
  });
}
