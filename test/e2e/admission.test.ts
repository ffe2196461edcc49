import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { HEARD_WITHIN_MS } from '../harness/heard-within.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const key = (name: string) => `sk-test-${name}-0123456789`;

/** Who may go in: keys, users, groups, addresses, limits, money. */
describe.each(TOPOLOGIES)('admission, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript((request) => (request.body.includes('slow') ? { delayHeadersMs: 1_500 } : null));
    topology = await startTopology(name, CONFIG(simulator.url));
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const post = (apiKey: string, fields = {}, node = 0) =>
    postMessages(topology.gateways[node % topology.gateways.length] ?? '', buildMessage(fields), {
      'x-api-key': apiKey,
    });

  it.each([
    ['[AUTH-2] an unknown key', 'sk-unknown-0123456789abcdef', 401, 'authentication_error'],
    ['[AUTH-2] a disabled key', key('disabled'), 401, 'authentication_error'],
    ['[AUTH-2] an address on the deny list, allowed or not', key('denied'), 403, 'permission_error'],
    ['[AUTH-2] an address outside the allow list', key('elsewhere'), 403, 'permission_error'],
    ['[AUTH-2] an expired key', key('expired'), 403, 'permission_error'],
    ['[AUTH-2] a disabled user', key('gone'), 403, 'permission_error'],
    ['[AUTH-2] a disabled group', key('closed'), 403, 'permission_error'],
    ['[MON-4] an empty balance', key('poor'), 403, 'billing_error'],
  ])('%s', async (_, apiKey, status, type) => {
    const answer = await post(apiKey);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      type: 'error',
      error: { type },
      request_id: answer.headers.get('x-request-id'),
    });
  });

  it('[AUTH-1] the first non-empty of Bearer, x-api-key, x-goog-api-key counts', async () => {
    const gateway = topology.gateways[0] ?? '';
    const send = (headers: Record<string, string>) =>
      postMessages(gateway, buildMessage(), { 'x-api-key': '', ...headers });
    expect((await send({ authorization: `Bearer ${KEY}` })).status).toBe(200);
    expect((await send({ authorization: 'Bearer ', 'x-api-key': KEY })).status).toBe(200);
    expect((await send({ 'x-goog-api-key': KEY })).status).toBe(200);
    expect((await send({ authorization: `Bearer ${key('unknown')}`, 'x-api-key': KEY })).status).toBe(401);
    expect((await send({ authorization: `Basic ${KEY}` })).status).toBe(401);
    const inQuery = await fetch(`${gateway}/v1/messages?key=${KEY}`, {
      method: 'POST',
      body: buildMessage(),
    });
    expect(inQuery.status).toBe(401);
  });

  it('[AUTH-2] a group whose multiplier is 0 needs no balance', async () => {
    expect((await post(key('free'))).status).toBe(200);
  });

  it('[LIM-1] requests a minute: refused with an honest Retry-After, over all nodes', async () => {
    const statuses: number[] = [];
    let retryAfter = '';
    for (let index = 0; index < 4; index += 1) {
      const answer = await post(key('rpm'), {}, index);
      statuses.push(answer.status);
      retryAfter = answer.headers.get('retry-after') ?? retryAfter;
      await answer.text();
    }
    // A minute may turn in between: then the fourth passes as well.
    expect(statuses.slice(0, 3)).toEqual([200, 200, 200]);
    if (statuses[3] === 429) expect(Number(retryAfter)).toBeLessThanOrEqual(60);
    else
      expect(
        (await Promise.all([0, 1, 2].map((node) => post(key('rpm'), {}, node)))).some(
          ({ status }) => status === 429,
        ),
      ).toBe(true);
  });

  it('[LIM-4] [LIM-5] parallel requests of a user that may not queue, over all nodes; slots come back', async () => {
    const answers = await Promise.all([0, 1, 2, 3].map((node) => post(key('narrow'), { x: 'slow' }, node)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429]);
    await Promise.all(answers.map((answer) => answer.text()));
    expect((await post(key('narrow'))).status).toBe(200);
  });

  it('[AUTH-6] a revoked key stops working on every node at once', async () => {
    const nodes = topology.gateways.map((_, node) => node);
    for (const node of nodes) expect((await post(key('revoked'), {}, node)).status).toBe(200);
    const { items } = await topology.admin.keys.list.query({});
    const id = items.find((item) => item.name === 'revoked')?.id ?? '';
    await topology.admin.keys.update.mutate({ id, status: 'disabled' });
    const { number, items: listed } = await topology.admin.nodes.list.query();
    expect(listed).toHaveLength(nodes.length);
    const inForce = await topology.admin.changes.inForce.query({ number, waitMs: 10_000 });
    expect(inForce).toMatchObject({ isInForce: true, nodes: nodes.map(() => ({ state: 'in-force' })) });
    for (const node of nodes) expect((await post(key('revoked'), {}, node)).status).toBe(401);
  });

  it('[AUTH-6] a top-up lets an empty user in again', async () => {
    expect((await post(key('topped'))).status).toBe(403);
    await topology.admin.balances.adjust.mutate({
      email: 'topped@example.com',
      amount: '1.00',
      kind: 'top-up',
    });
    await waitUntil('it is let in', async () => (await post(key('topped'))).status === 200, HEARD_WITHIN_MS);
  });

  it('[AUTH-5] 120 unknown keys from one address close it for a while, known keys go on', async () => {
    const gateway = topology.gateways[0] ?? '';
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    let last = 0;
    for (let index = 0; index < 121; index += 1) {
      const answer = await postMessages(gateway, '{}', { ...headers, 'x-api-key': key(`guess${index}`) });
      last = Number(answer.headers.get('retry-after') ?? 0);
      await answer.text();
    }
    expect(last).toBe(60);
    expect((await postMessages(gateway, buildMessage(), headers)).status).toBe(200);
  });
});

const CONFIG = (url: string) =>
  buildConfig({
    groups: [
      { name: 'main', platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 },
      { name: 'free', platform: 'anthropic', rate_multiplier: '0', rpm: 0 },
      { name: 'closed', platform: 'anthropic', rate_multiplier: '1', rpm: 0, status: 'disabled' },
    ],
    accounts: [{ name: 'a1', base_url: url, groups: ['main', 'free'] }],
    users: [
      { email: 'u@example.com', balance: '10.00', concurrency: 50, rpm: 0 },
      { email: 'poor@example.com', balance: '0', concurrency: 50, rpm: 0 },
      { email: 'topped@example.com', balance: '0', concurrency: 50, rpm: 0 },
      { email: 'gone@example.com', balance: '1', concurrency: 50, rpm: 0, status: 'disabled' },
      { email: 'rpm@example.com', balance: '1', concurrency: 50, rpm: 3 },
      { email: 'narrow@example.com', balance: '1', concurrency: 2, rpm: 0, queue_max: 0 },
    ],
    keys: [
      { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
      { user: 'u@example.com', name: 'disabled', groups: ['main'], key: key('disabled'), status: 'disabled' },
      {
        user: 'u@example.com',
        name: 'denied',
        groups: ['main'],
        key: key('denied'),
        ip_allow: ['127.0.0.1'],
        ip_deny: ['127.0.0.0/8', '::1'],
      },
      {
        user: 'u@example.com',
        name: 'elsewhere',
        groups: ['main'],
        key: key('elsewhere'),
        ip_allow: ['203.0.113.0/24'],
      },
      {
        user: 'u@example.com',
        name: 'expired',
        groups: ['main'],
        key: key('expired'),
        expires_at: '2020-01-01T00:00:00Z',
      },
      { user: 'u@example.com', name: 'closed', groups: ['closed'], key: key('closed') },
      { user: 'u@example.com', name: 'revoked', groups: ['main'], key: key('revoked') },
      { user: 'gone@example.com', name: 'gone', groups: ['main'], key: key('gone') },
      { user: 'poor@example.com', name: 'poor', groups: ['main'], key: key('poor') },
      { user: 'poor@example.com', name: 'free', groups: ['free'], key: key('free') },
      { user: 'topped@example.com', name: 'topped', groups: ['main'], key: key('topped') },
      { user: 'rpm@example.com', name: 'rpm', groups: ['main'], key: key('rpm') },
      { user: 'narrow@example.com', name: 'narrow', groups: ['main'], key: key('narrow') },
    ],
  });
