import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const key = (name: string) => `sk-test-${name}-0123456789`;
const email = (name: string) => `${name}@example.com`;
const USERS = ['raised', 'reset'];
/** Each request uses half of the quota. */
const TOKEN_LIMIT = 100;
const USAGE = { input_tokens: 30, output_tokens: 20 };
const PERIOD_S = 7 * 24 * 3_600;
/** An admin's change is pushed; what is kept for a minute must not decide. */
const PUSHED_MS = 10_000;

describe.each(TOPOLOGIES)('token quota, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(name, buildQuotas(simulator.url));
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });
  beforeEach(() => {
    simulator.reset();
    simulator.setScript(() => ({ usage: USAGE }));
  });

  const nodes = () => topology.gateways.map((_, node) => node);
  const served = new Map<string, number>();
  async function ask(user: string, node = 0): Promise<Response> {
    const answer = await postMessages(topology.gateways[node] ?? '', buildMessage(), {
      'x-api-key': key(user),
    });
    if (answer.status === 200) {
      await answer.text();
      served.set(user, (served.get(user) ?? 0) + 1);
    }
    return answer;
  }
  const readUsage = async (user: string) =>
    (await topology.admin.users.get.query({ email: email(user) })).tokenUsage;

  const waitForStatus = (user: string, node: number, status: number) =>
    waitUntil(`${status}`, async () => (await ask(user, node)).status === status, PUSHED_MS);

  /** Until the quota is over by one request, and every node knows. */
  async function useUp(user: string): Promise<void> {
    const waitForBooking = () =>
      waitUntil('the usage is booked', async () => (await readUsage(user)) === (served.get(user) ?? 0) * 50);
    // The third begins at usage = limit, which passes.
    for (let index = 1; index <= 3; index += 1) {
      expect((await ask(user, index % topology.gateways.length)).status).toBe(200);
      await waitForBooking();
    }
    for (const node of nodes()) await waitForStatus(user, node, 400);
    // Also of those that passed while a node did not know yet: booked later, they would count for the next period.
    await waitForBooking();
  }

  async function expectRefused(user: string): Promise<void> {
    const before = simulator.requests.length;
    for (const node of nodes()) {
      const answer = await ask(user, node);
      const { status, headers } = answer;
      expect(status).toBe(400);
      expect(await answer.json()).toMatchObject({
        type: 'error',
        error: { message: 'token usage exceeds limit', code: 40_051 },
      });
      expect(headers.get('x-should-retry')).toBe('false');
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(30);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(PERIOD_S);
    }
    expect(simulator.requests).toHaveLength(before);
  }

  it('[LIM-10] usage above the limit is refused on every node; a raised limit holds at once', async () => {
    await useUp('raised');
    await expectRefused('raised');
    const { id } = await topology.admin.users.get.query({ email: email('raised') });
    await topology.admin.users.update.mutate({ id, tokenLimit: 10_000 });
    for (const node of nodes()) await waitForStatus('raised', node, 200);
    expect((await ask('raised')).status).toBe(200);
    // And a lowered one.
    await topology.admin.users.update.mutate({ id, tokenLimit: 1 });
    for (const node of nodes()) await waitForStatus('raised', node, 400);
  });

  it('[LIM-10] a reset by hand begins a new period at once', async () => {
    await useUp('reset');
    await expectRefused('reset');
    await topology.admin.users.resetTokenQuota.mutate({ email: email('reset') });
    for (const node of nodes()) await waitForStatus('reset', node, 200);
    await waitUntil('counted anew', async () => (await readUsage('reset')) > 0);
    expect(await readUsage('reset')).toBeLessThanOrEqual(nodes().length * 50);
  });
});

function buildQuotas(url: string): string {
  return buildConfig({
    accounts: [{ name: 'a1', base_url: url }],
    users: USERS.map((user) => ({
      email: email(user),
      balance: '1',
      concurrency: 5,
      rpm: 0,
      token_limit: TOKEN_LIMIT,
    })),
    keys: USERS.map((user) => ({ user: email(user), name: user, groups: ['main'], key: key(user) })),
  });
}
