import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig, type TestAccount } from '../harness/config.ts';
import { readAccount } from '../harness/live.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const key = (name: string) => `sk-test-${name}-0123456789`;
/** Of an idle session, where its end is seen; long enough that a busy machine is not idle. */
const IDLE_MS = 5_000;
/** 200 tokens in at 3 USD a million. */
const USAGE = { input_tokens: 200, output_tokens: 0 };
const COST_USD = 0.0006;

/** What an account of a subscription bears: live sessions (LIM-7), and cost in its window (LIM-8). */
describe.each(TOPOLOGIES)('limits of an account, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(name, buildLimitedAccounts(simulator.url));
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });
  beforeEach(() => {
    simulator.reset();
    simulator.setScript(() => ({ usage: USAGE }));
  });

  const post = (group: string, session: string, node = 0, fields: Record<string, unknown> = {}) =>
    postMessages(topology.gateways[node % topology.gateways.length] ?? '', buildMessage(fields), {
      'x-session-id': session,
      'x-api-key': key(group),
    });
  async function ask(group: string, session: string, node = 0): Promise<number> {
    const answer = await post(group, session, node);
    await answer.text();
    return answer.status;
  }
  const countSessions = async (account: string) => (await readAccount(topology.admin, account)).sessions;
  const waitForSessions = (account: string, count: number) =>
    waitUntil(`${count} sessions`, async () => (await countSessions(account)) === count);

  it('[LIM-7] a known session passes, a new one only while there is room, over all nodes', async () => {
    expect([await ask('sessions', 's1'), await ask('sessions', 's2', 1)]).toEqual([200, 200]);
    expect(await countSessions('sessions')).toBe(2);
    const refused = await post('sessions', 's3', 1);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      error: { type: 'api_error', message: 'no available accounts' },
    });
    expect([await ask('sessions', 's1', 1), await ask('sessions', 's2')]).toEqual([200, 200]);
  });

  it('[LIM-7] idle for long enough a session ends by itself, and another takes its place', async () => {
    expect(await ask('idle', 's1')).toBe(200);
    await waitForSessions('idle', 0);
    expect(await ask('idle', 's2', 1)).toBe(200);
  });

  it('[LIM-7] a session is not live when the upstream has not accepted its request', async () => {
    simulator.setScript(() => ({ status: 500 }));
    expect(await ask('refused', 's1')).toBe(502);
    await waitForSessions('refused', 0);
  });

  it('[LIM-7] a stream keeps its session live, also one that was live before, however long it takes', async () => {
    expect([await ask('single', 's1'), await ask('single', 's2', 1)]).toEqual([200, 503]);
    simulator.setScript(() => ({ delayEventsMs: 1_200 }));
    const answer = await post('single', 's1', 0, { stream: true });
    const startedAtMs = performance.now();
    const text = answer.text();
    while (performance.now() - startedAtMs < IDLE_MS + 500) expect(await ask('single', 's2', 1)).toBe(503);
    expect(await text).toContain('event: message_stop');
  });

  it('[LIM-8] above the threshold an account takes only sessions that it has, above the reserve none', async () => {
    const spent = async () => Number((await readAccount(topology.admin, 'window')).windowCost?.spent ?? 0);
    const waitForSpent = (requests: number) =>
      waitUntil(
        `${requests} are counted`,
        async () => Math.abs((await spent()) - requests * COST_USD) < 1e-9,
      );
    // The group's multiplier is 3: the window counts standard prices.
    expect(await ask('window', 's1')).toBe(200);
    await waitForSpent(1);
    expect(await ask('window', 's2', 1)).toBe(200);
    await waitForSpent(2);
    // 0.0012 of 0.001: closed to new ones, on every node.
    expect([await ask('window', 's3'), await ask('window', 's3', 1)]).toEqual([503, 503]);
    expect(await ask('window', 's1', 1)).toBe(200);
    await waitForSpent(3);
    expect(await ask('window', 's2')).toBe(200);
    await waitForSpent(4);
    // 0.0024 of 0.001 + 0.001.
    for (const session of ['s1', 's2', 's3']) {
      const refused = await post('window', session, 1);
      expect(refused.status).toBe(503);
      // Until the window ends.
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_600);
    }
    expect(await spent()).toBeCloseTo(4 * COST_USD, 9);
  });

  it('[LIM-8] [ACC-5] an account that is closed is left for the next; its own window is the upstream’s', async () => {
    const resetsAtMs = Math.floor(Date.now() / 1_000 + 3_600) * 1_000;
    simulator.setScript(({ headers }) => ({
      usage: { input_tokens: 1_000, output_tokens: 0 },
      headers: headers.authorization === 'Bearer sk-up-first' ? buildWindowHeaders(resetsAtMs) : {},
    }));
    const readServed = async (session: string, node = 0) => {
      expect(await ask('pair', session, node)).toBe(200);
      return simulator.requests.at(-1)?.headers.authorization;
    };
    expect(await readServed('s1')).toBe('Bearer sk-up-first');
    await waitUntil('the window is known', async () => {
      const { upstreamWindows } = await readAccount(topology.admin, 'first');
      return upstreamWindows[0]?.resetsAt === new Date(resetsAtMs).toISOString();
    });
    expect((await readAccount(topology.admin, 'first')).upstreamWindows).toMatchObject([
      { name: '5h', utilization: 0.25, status: 'allowed' },
    ]);
    // The figure of the new window is read from the bills, which have the first request by now.
    await waitUntil('closed by the bills', async () => (await readServed('s2', 1)) === 'Bearer sk-up-second');
    expect((await readAccount(topology.admin, 'first')).windowCost?.endsAt).toBe(
      new Date(resetsAtMs).toISOString(),
    );
  });
});

function buildWindowHeaders(resetsAtMs: number): Record<string, string> {
  const prefix = 'anthropic-ratelimit-unified-5h';
  return {
    [`${prefix}-utilization`]: '0.25',
    [`${prefix}-status`]: 'allowed',
    [`${prefix}-reset`]: String(resetsAtMs / 1_000),
  };
}

function buildLimitedAccounts(url: string): string {
  const groups = ['sessions', 'idle', 'refused', 'single', 'window', 'pair'];
  const idle = { session_idle_minutes: IDLE_MS / 60_000 };
  const cost = { window_cost_limit: '0.001', window_cost_reserve: '0.001' };
  const account = (name: string, fields: Partial<TestAccount>): TestAccount => ({
    name,
    base_url: url,
    kind: 'setup-token',
    groups: [name],
    ...fields,
  });
  return buildConfig({
    groups: groups.map((name) => ({ name, platform: 'anthropic', rate_multiplier: '3', rpm: 0 })),
    accounts: [
      account('sessions', { sessions_max: 2 }),
      account('idle', { sessions_max: 1, ...idle }),
      account('refused', { sessions_max: 1 }),
      account('single', { sessions_max: 1, ...idle }),
      account('window', cost),
      account('first', { ...cost, groups: ['pair'], priority: 1, api_key: 'sk-up-first' }),
      account('second', { groups: ['pair'], priority: 2, api_key: 'sk-up-second' }),
    ],
    keys: groups.map((name) => ({ user: 'u@example.com', name, groups: [name], key: key(name) })),
  });
}
