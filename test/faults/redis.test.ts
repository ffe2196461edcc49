import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisServer, startSimulator, type RedisServer, type Simulator } from '@tollgate/testkit';
import type { TollgateClient } from '@tollgate/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type Fleet } from '../harness/fleet.ts';
import { HEARD_WITHIN_MS } from '../harness/heard-within.ts';
import { expectLedgerExact, listAllUsage } from '../harness/ledger.ts';
import { exchangeRaw } from '../harness/raw-http.ts';
import { expectSlotsBack } from '../harness/slots.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import type { UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const REVOKED_KEY = 'sk-test-revoked-0123456789';
const LOAD_KEY = 'sk-test-load-0123456789ab';
/** The link drops a connection that was silent for 2 s. */
const LINK_GIVEN_UP_MS = 3_000;
const FLUSHES = 20;
/** So that requests get through in between. */
const BETWEEN_FLUSHES_MS = 50;
/** A busy machine makes Redis wait too, and what is late is refused here. */
const REDIS_TIMEOUT_MS = 1_000;
/** A frozen store may cost a request that much a look; the rest is for a busy machine. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * A Redis that freezes, dies, and forgets, where the limits are to fail closed: nothing passes unchecked, and all is
 * well again without a restart. What passes by default: degraded/redis-away.test.ts.
 */
describe('Redis misbehaves', () => {
  let simulator: Simulator;
  let redis: RedisServer;
  let fleet: Fleet;
  let control: TollgateProcess;
  let nodes: TollgateProcess[];
  let gateways: string[];
  let admin: TollgateClient;

  beforeAll(async () => {
    simulator = await startSimulator();
    redis = await startRedisServer();
    fleet = await prepareFleet({
      redisUrl: redis.url,
      env: {
        TOLLGATE_LOG_LEVEL: 'silent',
        TOLLGATE_DEGRADED_LIMITS: 'closed',
        TOLLGATE_REDIS_TIMEOUT_MS: String(REDIS_TIMEOUT_MS),
      },
    });
    control = await fleet.startControl();
    await applyConfig(fleet, control, buildStoreConfig(simulator.url));
    nodes = await Promise.all(['one', 'two'].map((name) => fleet.startGateway(name)));
    gateways = nodes.map(({ ready }) => ready['gateway'] ?? '');
    admin = connectAdmin(control);
  });
  afterAll(async () => {
    for (const node of nodes) expect(await node.stop()).toBe(0);
    await expectLedgerExact(admin);
    expect(await control.stop()).toBe(0);
    await fleet.cleanUp();
    await redis.stop();
    await simulator.stop();
  });

  const post = (gateway: string, key = KEY): Promise<Response> =>
    postMessages(
      gateway,
      buildMessage(),
      { 'x-api-key': key },
      { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) },
    );
  const readStatus = async (gateway: string, key = KEY): Promise<number> => {
    const answer = await post(gateway, key);
    await answer.text();
    return answer.status;
  };

  /** On both nodes, several at once, each in time and in the protocol's shape. Gives how many reached the upstream. */
  async function countPassed(): Promise<number> {
    const before = simulator.requests.length;
    const answers = await Promise.all([...gateways, ...gateways, ...gateways].map((url) => post(url)));
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    }
    return simulator.requests.length - before;
  }

  /** No restart needed; and what timed out in the store holds no slot there. */
  async function expectServing(): Promise<void> {
    for (const url of gateways) await expectSlotsBack(url);
  }

  it('[LIM-11] frozen: 503 in time, nothing unchecked; thawed: works, with no slot lost', async () => {
    await expectServing();
    redis.signal('SIGSTOP');
    try {
      expect(await countPassed()).toBe(0);
      expect(await countPassed()).toBe(0);
    } finally {
      redis.signal('SIGCONT');
    }
    await expectServing();
  });

  it('[AUTH-6] [LIM-4] frozen until connections are given up: no slot lost, no change unheard', async () => {
    const id = await findKeyId('revoked');
    for (const url of gateways) expect(await readStatus(url, REVOKED_KEY)).toBe(200);
    redis.signal('SIGSTOP');
    try {
      expect(await countPassed()).toBe(0);
      await admin.keys.update.mutate({ id, status: 'disabled' });
      await sleep(LINK_GIVEN_UP_MS);
      expect(await countPassed()).toBe(0);
    } finally {
      redis.signal('SIGCONT');
    }
    await expectServing();
    await expectHeard(id);
    await admin.keys.update.mutate({ id, status: 'active' });
  });

  it('[LIM-11] [MON-6] frozen in the middle of a stream: the stream goes on, its bill is exact', async () => {
    simulator.setScript(() => ({ delayEventsMs: 100 }));
    const answer = await postMessages(gateways[0] ?? '', buildMessage({ stream: true }));
    redis.signal('SIGSTOP');
    try {
      expect(await answer.text()).toMatch(/event: message_stop\n/);
    } finally {
      redis.signal('SIGCONT');
      simulator.setScript(() => null);
    }
    await expectServing();
    const requestId = answer.headers.get('x-request-id') ?? '';
    await waitUntil('the row is there', async () => {
      const { items } = await admin.usage.list.query({ requestId });
      return items[0]?.state === 'settled';
    });
    await expectLedgerExact(admin);
  });

  it('[AUTH-6] killed and started again: a key that was disabled meanwhile is dead on every node', async () => {
    for (const url of gateways) expect(await readStatus(url, REVOKED_KEY)).toBe(200);
    const { port } = redis;
    redis.signal('SIGKILL');
    await waitUntil('Redis is gone', async () => (await readStatus(gateways[0] ?? '')) === 503);
    expect(await countPassed()).toBe(0);
    const id = await findKeyId('revoked');
    expect(await admin.keys.update.mutate({ id, status: 'disabled' })).toMatchObject({ status: 'disabled' });
    await redis.stop();
    redis = await startRedisServer({ port });

    await expectServing();
    // Far below the 15 s that L1 would keep it: the reconnect drops L1, and the outbox tells the rest.
    for (const url of gateways)
      await waitUntil(
        'the key is dead',
        async () => (await readStatus(url, REVOKED_KEY)) === 401,
        HEARD_WITHIN_MS,
      );
    await expectHeard(id);
  });

  it('[MON-5] FLUSHALL under load: requests go on, the bill is exact, invalidations are heard', async () => {
    const id = await findKeyId('revoked');
    const load = new AbortController();
    const statuses = new Map<number, number>();
    const client = async (gateway: string): Promise<void> => {
      while (!load.signal.aborted) {
        const status = await readStatus(gateway, LOAD_KEY);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const clients = Promise.all([...gateways, ...gateways, ...gateways].map(client));
    try {
      for (let round = 0; round < FLUSHES; round += 1) {
        // QUIT: Redis closes when it has done both.
        const replies = await exchangeRaw(redis.url, 'FLUSHALL\r\nQUIT\r\n', ANSWER_WITHIN_MS);
        expect(replies.toString()).toBe('+OK\r\n+OK\r\n');
        await sleep(BETWEEN_FLUSHES_MS);
      }
    } finally {
      load.abort();
      await clients;
    }
    expect([...statuses.keys()]).toEqual([200]);
    await expectHeard(id);
    const countSettled = (rows: UsageRow[]) =>
      rows.filter(({ key, state }) => key === 'load' && state === 'settled').length;
    await waitUntil(
      'all rows are there',
      async () => countSettled(await listAllUsage(admin)) === statuses.get(200),
    );
    expect(countSettled(await expectLedgerExact(admin, 'load@example.com'))).toBe(statuses.get(200));
  });

  async function findKeyId(name: string): Promise<string> {
    const { items } = await admin.keys.list.query({});
    return items.find((item) => item.name === name)?.id ?? '';
  }

  /** Changes of a key reach every node at once again. */
  async function expectHeard(id: string): Promise<void> {
    for (const [status, expected] of [
      ['disabled', 401],
      ['active', 200],
      ['disabled', 401],
    ] as const) {
      await admin.keys.update.mutate({ id, status });
      for (const url of gateways)
        await waitUntil(
          `a key that is ${status}`,
          async () => (await readStatus(url, REVOKED_KEY)) === expected,
          HEARD_WITHIN_MS,
        );
    }
  }
});

function buildStoreConfig(url: string): string {
  return buildConfig({
    groups: [
      { name: 'main', platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 },
      { name: 'wide', platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 },
    ],
    accounts: [
      { name: 'a1', base_url: url, concurrency: 1 },
      { name: 'a2', base_url: url, concurrency: 0, groups: ['wide'] },
    ],
    users: [
      { email: 'u@example.com', balance: '10.00', concurrency: 1, rpm: 0 },
      { email: 'load@example.com', balance: '100.00', concurrency: 0, rpm: 0 },
    ],
    keys: [
      { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
      { user: 'u@example.com', name: 'revoked', groups: ['main'], key: REVOKED_KEY },
      { user: 'load@example.com', name: 'load', groups: ['wide'], key: LOAD_KEY },
    ],
  });
}
