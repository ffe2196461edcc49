import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';

const SECRET = 's3cret-of-the-webhook';
/** Windows end 15 s ago, and rules are looked at each 5 s. */
const WITHIN = { timeout: 50_000, interval: 250 };

interface Call {
  signature: string;
  body: string;
}

/** From requests that fail to a message on somebody's desk, and back. Both at once: nearly all of it is waiting. */
describe.concurrent.each(TOPOLOGIES)('alerts, %s', (name) => {
  let upstream: Simulator;
  let topology: Topology;
  let receiver: Server;
  const calls: Call[] = [];

  beforeAll(async () => {
    upstream = await startSimulator();
    receiver = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      calls.push({ body, signature: String(request.headers['x-tollgate-signature']) });
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const config = buildConfig({ accounts: [{ name: 'a', base_url: upstream.url }] });
    topology = await startTopology(name, config, { TOLLGATE_ALERT_INTERVAL_SECONDS: '5' });
  });
  afterAll(async () => {
    await topology.stop();
    await upstream.stop();
    receiver.close();
  });

  async function ask(count: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let n = 0; n < count; n += 1) {
      await clearAccountMemory(topology.admin);
      const answer = await postMessages(topology.gateways[n % topology.gateways.length] ?? '');
      await answer.text();
      statuses.push(answer.status);
    }
    return statuses;
  }

  it('[OPS-5] a test message, then errors fire the rule, then good answers resolve it; each is told', async ({
    expect,
  }) => {
    const { admin } = topology;
    const { port } = receiver.address() as AddressInfo;
    const channel = await admin.alertChannels.create.mutate({
      name: 'desk',
      kind: 'webhook',
      url: `http://127.0.0.1:${port}/desk?team=a`,
      secret: SECRET,
    });
    await admin.alertChannels.test.mutate({ id: channel.id });
    await expect.poll(() => calls.length, WITHIN).toBe(1);
    const rule = await admin.alertRules.create.mutate({
      name: 'half of it fails',
      metric: 'error_ratio',
      comparison: 'above',
      threshold: 0.5,
      windowMinutes: 5,
      coolDownMinutes: 0,
      channelId: channel.id,
    });
    upstream.setScript(() => ({ status: 500 }));
    expect(await ask(3)).toEqual([502, 502, 502]);
    await expect.poll(() => calls.length, WITHIN).toBe(2);
    upstream.setScript(() => ({}));
    expect(await ask(6)).toEqual([200, 200, 200, 200, 200, 200]);
    await expect.poll(() => calls.length, WITHIN).toBe(3);

    expect(calls.map(({ body }) => JSON.parse(body))).toMatchObject([
      { kind: 'test', event: null },
      { kind: 'firing', event: { rule: { id: rule.id }, valueAtFire: '1.000000000000' } },
      { kind: 'resolved', event: { rule: { id: rule.id }, resolvedAt: expect.any(String) } },
    ]);
    for (const { body, signature } of calls) {
      const [, seconds, digest] = /^t=(\d+),v1=(\w+)$/.exec(signature) ?? [];
      expect(digest).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
    }
    const { items } = await admin.alertEvents.list.query({});
    expect(items).toMatchObject([{ state: 'resolved', ruleName: 'half of it fails' }]);
    const { deliveries } = await admin.alertEvents.get.query({ id: items[0]?.id ?? '' });
    expect(deliveries.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      'firing sent',
      'resolved sent',
    ]);
  }, 180_000);
});
