import type { TollgateClient } from '@tollgate/api';
import { openDatabase, type Database } from '@tollgate/db';
import { startRedisServer, startSimulator, type RedisServer, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type Fleet } from '../harness/fleet.ts';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import { waitUntil } from '../harness/wait-until.ts';

/**
 * kill -9 of a control plane exactly between its commit and its push: it is in the midst of telling a Redis that
 * does not answer. Another one, which could not reach Redis either till then, tells the nodes. No restart.
 */
describe('control killed between commit and push', () => {
  let simulator: Simulator;
  let redis: RedisServer;
  let [firstRedis, secondRedis]: TcpProxy[] = [];
  let fleet: Fleet;
  let first: TollgateProcess;
  let second: TollgateProcess;
  let nodes: TollgateProcess[];
  let admin: TollgateClient;
  let db: Database;

  beforeAll(async () => {
    simulator = await startSimulator();
    redis = await startRedisServer();
    firstRedis = await startTcpProxy(redis.port);
    secondRedis = await startTcpProxy(redis.port);
    fleet = await prepareFleet({ redisUrl: redis.url, env: { TOLLGATE_LOG_LEVEL: 'silent' } });
    db = openDatabase(fleet.databaseUrl, { max: 2 });
    first = await fleet.startControl(`redis://127.0.0.1:${firstRedis.port}`);
    await applyConfig(fleet, first, buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }));
    second = await fleet.startControl(`redis://127.0.0.1:${secondRedis.port}`);
    nodes = await Promise.all([fleet.startGateway('one'), fleet.startGateway('two')]);
    admin = connectAdmin(second);
  });
  afterAll(async () => {
    expect(await Promise.all(nodes.map((node) => node.stop()))).toEqual([0, 0]);
    expect(await second.stop()).toBe(0);
    await db.close();
    await fleet.cleanUp();
    await firstRedis?.stop();
    await secondRedis?.stop();
    await redis.stop();
    await simulator.stop();
  });

  const readStatuses = () =>
    Promise.all(
      nodes.map(async ({ ready }) => {
        const answer = await postMessages(ready['gateway'] ?? '', buildMessage(), { 'x-api-key': KEY });
        await answer.text();
        return answer.status;
      }),
    );
  const countWaiting = async () => (await db.sql`select 1 from outbox`).length;

  it('[AUTH-6] the change reaches every node through another control plane', async () => {
    const { items } = await admin.keys.list.query({});
    const id = items[0]?.id ?? '';
    expect(await readStatuses()).toEqual([200, 200]);
    secondRedis?.cut();
    firstRedis?.swallow();
    const answer = connectAdmin(first)
      .keys.update.mutate({ id, status: 'disabled' })
      .catch(() => 'never answered');
    await waitUntil('it is committed', async () => (await countWaiting()) > 0);
    await first.kill();
    await answer;
    // Committed, and told to nobody: the nodes go on with what they know.
    const [row] = await db.sql`select status from keys where id = ${id}`;
    expect([row?.['status'], await countWaiting()]).toEqual(['disabled', 1]);
    expect(await readStatuses()).toEqual([200, 200]);

    secondRedis?.heal();
    // Far below what the caches would keep it (15 s here, 300 s in Redis).
    await waitUntil(
      'the key is dead',
      async () => (await readStatuses()).every((status) => status === 401),
      12_000,
    );
    expect(await countWaiting()).toBe(0);
    const { number } = await admin.nodes.list.query();
    const inForce = await admin.changes.inForce.query({ number, waitMs: 10_000 });
    expect(inForce).toMatchObject({ isInForce: true, nodes: [{ state: 'in-force' }, { state: 'in-force' }] });
  });
});
