import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator, type Script, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { readAccount } from '../harness/live.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const GROUP = { platform: 'anthropic', rate_multiplier: '1', rpm: 0 };
/** Of an account of its own: what others have answered well counts against a breaker. */
const BROKEN_KEY = 'sk-test-broken-0123456789';

/** ACC-3, ACC-4: what an upstream says of one account is known to every node, told to the admin, and can be cleared. */
describe.each(TOPOLOGIES)('account states, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({
        groups: [
          { ...GROUP, name: 'main' },
          { ...GROUP, name: 'broken' },
        ],
        accounts: [
          {
            name: 'a1',
            base_url: simulator.url,
            pause_rules: [{ status: 500, words: ['maintenance'], minutes: 30 }],
          },
          { name: 'b1', base_url: simulator.url, groups: ['broken'] },
        ],
        keys: [
          { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
          { user: 'u@example.com', name: 'broken', groups: ['broken'], key: BROKEN_KEY },
        ],
      }),
    );
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });
  beforeEach(async () => {
    simulator.reset();
    await clearAccountMemory(topology.admin);
  });

  const post = (node: number, apiKey = KEY) =>
    postMessages(topology.gateways[node % topology.gateways.length] ?? '', buildMessage(), {
      'x-api-key': apiKey,
    });
  const nodes = () => topology.gateways.map((_, node) => node);
  /** The upstream's answer, as one request on the first node meets it. */
  async function meet(script: Script): Promise<void> {
    simulator.setScript(() => script);
    await (await post(0)).text();
    simulator.setScript(() => null);
  }
  async function readStates(account = 'a1') {
    return (await readAccount(topology.admin, account)).states;
  }
  /** On every node, without a look at the upstream. Gives the `Retry-After`s. */
  async function expectClosed(status: number): Promise<number[]> {
    const before = simulator.requests.length;
    const answers = await Promise.all(nodes().map((node) => post(node)));
    expect(answers.map((answer) => answer.status)).toEqual(nodes().map(() => status));
    for (const answer of answers) expect(await answer.text()).not.toMatch(/\ba1\b|acc_|127\.0\.0\.1/);
    expect(simulator.requests).toHaveLength(before);
    return answers.map(({ headers }) => Number(headers.get('retry-after')));
  }
  async function expectOpen(): Promise<void> {
    for (const node of nodes()) expect((await post(node)).status).toBe(200);
  }
  const clear = async () =>
    topology.admin.accounts.clearState.mutate({ id: (await readAccount(topology.admin, 'a1')).id });

  it('[ACC-3] [ACC-4] a 429 closes the account on every node until its reset, or until an admin opens it', async () => {
    const resetsAtS = Math.floor(Date.now() / 1_000) + 120;
    await meet({ status: 429, headers: { 'anthropic-ratelimit-unified-reset': String(resetsAtS) } });
    for (const seconds of await expectClosed(429)) {
      expect(seconds).toBeGreaterThan(60);
      expect(seconds).toBeLessThanOrEqual(121);
    }
    const states = await readStates();
    expect(states).toMatchObject([
      {
        kind: 'rate-limited',
        upstreamModel: null,
        reason: '429: rate limited, reset by anthropic-ratelimit-unified-reset',
      },
    ]);
    expect(Math.abs(Date.parse(states[0]?.until ?? '') - resetsAtS * 1_000)).toBeLessThan(3_000);
    await clear();
    expect(await readStates()).toEqual([]);
    await expectOpen();
  });

  it('[ACC-3] a short rate limit ends by itself, when its Retry-After said so', async () => {
    await meet({ status: 429, headers: { 'retry-after': '5' } });
    const seconds = Math.max(...(await expectClosed(429)));
    expect(seconds).toBeLessThanOrEqual(5);
    await sleep(seconds * 1_000);
    await expectOpen();
  });

  it.each<[string, Script, number, string, string]>([
    ['529', { status: 529 }, 503, 'overloaded', '529: overloaded'],
    [
      'a pause rule',
      { status: 500, body: '{"error":{"message":"Down for MAINTENANCE"}}' },
      503,
      'paused',
      'paused for 30 min by the rule for status 500 with words in the body',
    ],
  ])('[ACC-3] %s closes it with its own reason', async (_, script, status, kind, reason) => {
    await meet(script);
    await expectClosed(status);
    expect(await readStates()).toMatchObject([{ kind, reason }]);
    await clear();
    await expectOpen();
  });

  it.each([401, 403])('[ACC-3] %i is a strike, and the second one an error', async (status) => {
    await meet({ status });
    expect(await readStates()).toEqual([]);
    await expectOpen();
    await meet({ status });
    expect(await readStates()).toMatchObject([{ kind: 'error', isProbing: false }]);
    expect((await readStates())[0]?.reason).toMatch(new RegExp(`^${status}: `));
    // The first probe goes after a minute.
    for (const seconds of await expectClosed(503)) expect(seconds).toBeGreaterThan(30);
    await clear();
    await meet({ status });
    // Strikes are forgotten too.
    expect(await readStates()).toEqual([]);
  });

  it('[ACC-3] a client’s own mistake says nothing about the account', async () => {
    for (let index = 0; index < 8; index += 1) await meet({ status: 400 });
    expect(await readStates()).toEqual([]);
    await expectOpen();
  });

  it(
    '[ACC-3] five failures open the breaker for all; one probe of all nodes closes it',
    { timeout: 60_000 },
    async () => {
      const ask = (node: number) => post(node, BROKEN_KEY);
      simulator.setScript(() => ({ status: 500 }));
      for (let index = 0; index < 5; index += 1) expect((await ask(index)).status).toBe(502);
      const closed = await Promise.all(nodes().map(ask));
      expect(closed.map(({ status }) => status)).toEqual(nodes().map(() => 503));
      const waitS = Math.max(...closed.map(({ headers }) => Number(headers.get('retry-after'))));
      expect(waitS).toBeLessThanOrEqual(10);
      expect(await readStates('b1')).toMatchObject([{ kind: 'breaker-open', reason: 'status 500' }]);
      expect(simulator.requests).toHaveLength(5);

      await sleep(waitS * 1_000);
      // Long enough to look at it from all sides.
      simulator.setScript(() => ({ delayHeadersMs: 6_000 }));
      const probe = ask(0);
      await waitUntil('the probe is under way', () => simulator.openRequests === 1);
      expect(await readStates('b1')).toMatchObject([{ kind: 'breaker-open', isProbing: true }]);
      for (const node of nodes()) expect((await ask(node)).status).toBe(503);
      expect(simulator.requests).toHaveLength(6);
      expect((await probe).status).toBe(200);
      simulator.setScript(() => null);
      await waitUntil('the breaker is closed', async () => (await readStates('b1')).length === 0);
      for (const node of nodes()) expect((await ask(node)).status).toBe(200);
    },
  );
});
