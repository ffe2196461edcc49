import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { HEARD_WITHIN_MS } from '../harness/heard-within.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const key = (name: string) => `sk-test-${name}-0123456789`;
const GROUP_RPM = 2;
const TPM = 10_000;
/** Reserved of the limit at admission, though the answers have a few tokens. */
const MAX_TOKENS = 4_000;

/** Requests and tokens a minute, in the sliding window: no minute turns in the middle of a case. */
describe.each(TOPOLOGIES)('limits a minute, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(({ body }) => (body.includes('slow') ? { delayHeadersMs: 1_000 } : null));
    topology = await startTopology(name, buildLimitedUsers(simulator.url), {
      TOLLGATE_RPM_WINDOW: 'sliding',
    });
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const post = (user: string, node = 0, fields: Record<string, unknown> = {}) =>
    postMessages(topology.gateways[node % topology.gateways.length] ?? '', buildMessage(fields), {
      'x-api-key': key(user),
    });
  /** How many of six requests pass, over all nodes; the rest hear 429. */
  async function countPassing(user: string): Promise<number> {
    const statuses: number[] = [];
    for (let index = 0; index < 6; index += 1) statuses.push((await post(user, index)).status);
    expect(statuses.toSorted()).toEqual(statuses);
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    return statuses.filter((status) => status === 200).length;
  }
  const readStatus = (user: string) => topology.admin.users.rpmStatus.query({ email: `${user}@example.com` });

  it.each([
    ['none: the group’s limit holds', 'none', GROUP_RPM],
    ['0: free of the group’s limit', 'freed', 6],
    ['own: in place of the group’s', 'own', 4],
    ['0, under a ceiling of the user’s own', 'ceiling', 1],
    ['of the key’s own, which is stricter', 'keyed', 1],
  ])('[LIM-1] an override: %s', async (_, user, passing) => {
    expect(await countPassing(user)).toBe(passing);
  });

  it('[LIM-1] [LIM-2] headers count down over all nodes, and a refused request uses up nothing', async () => {
    const readRemaining = async (node: number) => {
      const { status, headers } = await post('counted', node);
      expect(headers.get('x-ratelimit-limit-requests')).toBe(status === 200 ? String(GROUP_RPM) : null);
      return [status, headers.get('x-ratelimit-remaining-requests')];
    };
    expect(await readRemaining(0)).toEqual([200, '1']);
    expect(await readRemaining(1)).toEqual([200, '0']);
    for (const node of [0, 1, 0]) expect((await readRemaining(node))[0]).toBe(429);
    expect((await readStatus('counted')).limits).toMatchObject([{ subject: 'group', limit: 2, used: 2 }]);
  });

  it('[LIM-3] clearing all overrides of a group is one call, and holds on every node at once', async () => {
    const { items } = await topology.admin.groups.list.query({});
    const groupId = items.find((group) => group.name === 'cleared')?.id ?? '';
    expect(await countPassing('cleared')).toBe(6);
    await topology.admin.overrides.clearGroup.mutate({ groupId });
    await waitUntil(
      'the group’s limit is shown',
      async () => (await readStatus('cleared')).limits.length > 0,
    );
    for (const [node] of topology.gateways.entries())
      await waitUntil(
        'the group’s limit holds',
        async () => (await post('cleared', node)).status === 429,
        HEARD_WITHIN_MS,
      );
  });

  it('[LIM-2] tokens are reserved at admission and corrected by what was used', async () => {
    const readTokens = async (node: number) => {
      const answer = await post('tokens', node, { max_tokens: MAX_TOKENS });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-ratelimit-limit-tokens')).toBe(String(TPM));
      expect(answer.headers.get('x-ratelimit-reset-tokens')).toMatch(/^\d+s$/);
      await answer.text();
      const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
      const used = (row?.input_tokens ?? 0) + (row?.output_tokens ?? 0);
      return { remaining: Number(answer.headers.get('x-ratelimit-remaining-tokens')), used };
    };
    const first = await readTokens(0);
    expect(first.remaining).toBeLessThan(TPM - MAX_TOKENS);
    expect(first.used).toBeGreaterThan(0);
    await waitUntil('the reservation is corrected', async () => {
      const { limits } = await readStatus('tokens');
      return limits.find(({ unit }) => unit === 'tokens')?.used === first.used;
    });
    // The same request reserves the same: what is missing beside it is what the first has used.
    expect((await readTokens(1)).remaining).toBe(first.remaining - first.used);
  });

  it('[LIM-2] what running requests have reserved is not there for others, on any node', async () => {
    const fields = { max_tokens: MAX_TOKENS, messages: [{ role: 'user', content: 'slow' }] };
    const running = [post('crowd', 0, fields), post('crowd', 1, fields)];
    await waitUntil('both run', () => simulator.openRequests === 2);
    const refused = await post('crowd', 1, fields);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
    // They used little, and gave the rest back.
    await waitUntil('the rest is back', async () => (await post('crowd', 0, fields)).status === 200);
  });

  it('[LIM-2] a request that is larger than the limit is told not to come again', async () => {
    const refused = await post('tokens', 0, {
      messages: [{ role: 'user', content: 'so many words '.repeat(TPM) }],
    });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(refused.headers.get('x-should-retry')).toBe('false');
  });
});

const email = (user: string) => `${user}@example.com`;
/** Each user's own figures, and its key's. */
const LIMITED: { user: string; group: string; rpm?: number; tpm?: number; keyRpm?: number }[] = [
  { user: 'none', group: 'main' },
  { user: 'freed', group: 'main' },
  { user: 'own', group: 'main' },
  { user: 'ceiling', group: 'main', rpm: 1 },
  { user: 'keyed', group: 'main', keyRpm: 1 },
  { user: 'counted', group: 'main' },
  { user: 'cleared', group: 'cleared' },
  { user: 'tokens', group: 'open', tpm: TPM },
  { user: 'crowd', group: 'open', tpm: TPM },
];

function buildLimitedUsers(url: string): string {
  const group = { platform: 'anthropic', rate_multiplier: '1.0', rpm: GROUP_RPM };
  return buildConfig({
    groups: [
      { name: 'main', ...group },
      { name: 'cleared', ...group },
      { name: 'open', ...group, rpm: 0 },
    ],
    accounts: [{ name: 'a1', base_url: url, concurrency: 0, groups: ['main', 'cleared', 'open'] }],
    users: LIMITED.map(({ user, rpm = 0, tpm = 0 }) => ({
      email: email(user),
      balance: '1',
      concurrency: 9,
      rpm,
      tpm,
    })),
    keys: LIMITED.map(({ user, group: name, keyRpm = 0 }) => ({
      user: email(user),
      name: user,
      groups: [name],
      key: key(user),
      rpm: keyRpm,
    })),
    rpm_overrides: [
      { user: email('freed'), group: 'main', rpm: 0 },
      { user: email('own'), group: 'main', rpm: 4 },
      { user: email('ceiling'), group: 'main', rpm: 0 },
      { user: email('cleared'), group: 'cleared', rpm: 0 },
    ],
  });
}
