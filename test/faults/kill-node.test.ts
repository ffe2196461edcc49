import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisServer, startSimulator, type RedisServer, type Simulator } from '@tollgate/testkit';
import type { TollgateClient } from '@tollgate/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type Fleet } from '../harness/fleet.ts';
import { HEARD_WITHIN_MS } from '../harness/heard-within.ts';
import { expectLedgerExact, listAllUsage } from '../harness/ledger.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import type { UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** Of a user and an account with one slot each. */
const NARROW_KEY = 'sk-test-narrow-0123456789';
const CLIENTS = 6;
/** A dead node's slots: the lease's 30 s, and what a busy machine adds. */
const SLOTS_BACK_MS = 40_000;

const random = createSeededRandom('kill-node');

/** kill -9 of one node of a fleet, and of the control plane. */
describe('kill -9 in a fleet', () => {
  let simulator: Simulator;
  let redis: RedisServer;
  let controlRedis: TcpProxy;
  let fleet: Fleet;
  let control: TollgateProcess;
  let one: TollgateProcess;
  let two: TollgateProcess;
  let admin: TollgateClient;

  beforeAll(async () => {
    simulator = await startSimulator();
    redis = await startRedisServer();
    controlRedis = await startTcpProxy(redis.port);
    fleet = await prepareFleet({
      redisUrl: redis.url,
      controlRedisUrl: `redis://127.0.0.1:${controlRedis.port}`,
      env: { TOLLGATE_LOG_LEVEL: 'silent' },
    });
    control = await fleet.startControl();
    await applyConfig(fleet, control, buildKillConfig(simulator.url));
    [one, two] = await Promise.all([fleet.startGateway('one'), fleet.startGateway('two')]);
    admin = connectAdmin(control);
  });
  afterAll(async () => {
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0]);
    expect(await control.stop()).toBe(0);
    await fleet.cleanUp();
    await controlRedis.stop();
    await redis.stop();
    await simulator.stop();
  });

  const urlOf = (node: TollgateProcess): string => node.ready['gateway'] ?? '';
  const readStatus = async (node: TollgateProcess, key: string): Promise<number> => {
    const answer = await postMessages(urlOf(node), buildMessage(), { 'x-api-key': key });
    await answer.text();
    return answer.status;
  };

  it(
    '[LIM-4] [MON-6] the other node goes on; rows and slots of the dead one come back',
    { timeout: 120_000 },
    async () => {
      simulator.setScript(({ headers }) =>
        headers['x-api-key'] === 'sk-narrow' ? { endless: true, delayEventsMs: 50 } : { delayEventsMs: 2 },
      );
      const stream = await postMessages(urlOf(one), buildMessage({ stream: true }), {
        'x-api-key': NARROW_KEY,
      });
      await stream.body?.getReader().read();
      expect(await readStatus(two, NARROW_KEY)).toBe(429);

      const stop = new AbortController();
      const answeredByDead: Load = { answered: [], refused: [] };
      const answeredByLiving: Load = { answered: [], refused: [] };
      const onDead = runClients(urlOf(one), stop.signal, answeredByDead);
      const onLiving = runClients(urlOf(two), stop.signal, answeredByLiving);
      await waitUntil('the node has answered', async () => answeredByDead.answered.length > CLIENTS);
      await sleep(random() * 500);
      await one.kill();
      const killedAtMs = performance.now();
      await onDead;
      // The living node is not stopped yet: it must go on for a while after the death of the other.
      await sleep(500);
      stop.abort();
      await onLiving;
      expect(answeredByLiving.refused).toEqual([]);

      simulator.setScript(() => null);
      one = await fleet.startGateway('one');
      const answered = [...answeredByDead.answered, ...answeredByLiving.answered];
      await waitUntil('all answered requests are rows', async () =>
        isIn(answered, await listAllUsage(admin)),
      );
      // What was open at the kill is there as well, known to be unknown.
      await waitUntil('the open stream is a row', async () => {
        const rows = await listAllUsage(admin);
        return rows.some(({ key, state }) => key === 'narrow' && state === 'unknown');
      });
      const rows = await expectLedgerExact(admin);
      await expectLedgerExact(admin, 'narrow@example.com');
      const unknown = rows.filter(({ state }) => state === 'unknown');
      expect(unknown.filter(({ actual_cost_usd }) => actual_cost_usd !== '0')).toEqual([]);
      expect(unknown.length).toBeLessThanOrEqual(CLIENTS + 1);

      const leftMs = SLOTS_BACK_MS - (performance.now() - killedAtMs);
      await waitUntil('its slots', async () => (await readStatus(two, NARROW_KEY)) === 200, leftMs);
    },
  );

  it('[AUTH-6] control killed between its commit and its push: the next one pushes', async () => {
    const { items } = await admin.keys.list.query({});
    const id = items.find(({ name }) => name === 'k1')?.id ?? '';
    for (const node of [one, two]) expect(await readStatus(node, KEY)).toBe(200);
    // It alone cannot reach Redis: it commits, and answers without having told anybody.
    controlRedis.cut();
    expect(await admin.keys.update.mutate({ id, status: 'disabled' })).toMatchObject({ status: 'disabled' });
    await control.kill();
    for (const node of [one, two]) expect(await readStatus(node, KEY)).toBe(200);
    controlRedis.heal();
    control = await fleet.startControl();
    // Far below what the caches would keep it (15 s here, 300 s in Redis).
    for (const node of [one, two])
      await waitUntil('the key is dead', async () => (await readStatus(node, KEY)) === 401, HEARD_WITHIN_MS);
    admin = connectAdmin(control);
    expect((await admin.keys.get.query({ id })).status).toBe('disabled');
  });
});

/** Request ids by how they ended: to their end, or with another status than 200. */
interface Load {
  answered: string[];
  refused: number[];
}

/** Closed-loop clients, half of them streaming, until they are told to stop or the node dies. */
async function runClients(gateway: string, signal: AbortSignal, load: Load): Promise<void> {
  const client = async (index: number): Promise<void> => {
    const stream = index % 2 === 0;
    while (!signal.aborted) {
      try {
        const answer = await postMessages(gateway, buildMessage({ stream }));
        const text = await answer.text();
        if (answer.status !== 200) load.refused.push(answer.status);
        else if (text.includes(stream ? 'event: message_stop' : '"stop_reason"'))
          load.answered.push(answer.headers.get('x-request-id') ?? '');
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
}

function isIn(requestIds: readonly string[], rows: readonly UsageRow[]): boolean {
  const settled = new Set(
    rows.filter(({ state }) => state === 'settled').map(({ request_id }) => request_id),
  );
  return requestIds.every((id) => settled.has(id));
}

function buildKillConfig(url: string): string {
  const group = { platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 };
  return buildConfig({
    groups: [
      { name: 'main', ...group },
      { name: 'narrow', ...group },
    ],
    accounts: [
      { name: 'a1', base_url: url, concurrency: 0 },
      { name: 'a2', base_url: url, concurrency: 1, groups: ['narrow'], api_key: 'sk-narrow' },
    ],
    users: [
      { email: 'u@example.com', balance: '1000', concurrency: 0, rpm: 0 },
      { email: 'narrow@example.com', balance: '10', concurrency: 1, rpm: 0, queue_max: 0 },
    ],
    keys: [
      { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
      { user: 'narrow@example.com', name: 'narrow', groups: ['narrow'], key: NARROW_KEY },
    ],
  });
}
