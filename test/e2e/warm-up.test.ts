import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { readBalance, waitForUsage } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const key = (name: string) => `sk-test-${name}-0123456789`;
const GROUPS = ['quiet', 'usual'];
const WARM_UP = { messages: [{ role: 'user', content: [{ type: 'text', text: 'Warmup' }] }] };

/** WARM-1: a client's housekeeping is answered here, where the account says so. */
describe.each(TOPOLOGIES)('warm-ups, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({
        groups: GROUPS.map((group) => ({ name: group, platform: 'anthropic', rate_multiplier: '1', rpm: 0 })),
        accounts: GROUPS.map((group) => ({
          name: group,
          base_url: simulator.url,
          groups: [group],
          concurrency: 1,
          intercept_warm_ups: group === 'quiet',
        })),
        keys: GROUPS.map((group) => ({
          user: 'u@example.com',
          name: group,
          groups: [group],
          key: key(group),
        })),
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

  const post = (group: string, fields: Record<string, unknown>) =>
    postMessages(topology.gateways.at(-1) ?? '', buildMessage(fields), { 'x-api-key': key(group) });

  it.each([false, true])(
    '[WARM-1] is answered without the upstream and costs nothing, stream: %s',
    async (stream) => {
      const before = await readBalance(topology);
      const answer = await post('quiet', { ...WARM_UP, stream });
      expect([answer.status, answer.headers.get('x-tollgate-warmup')]).toEqual([200, '1']);
      const text = await answer.text();
      if (stream) {
        expect(text.match(/^event: \w+$/gm)?.map((line) => line.slice('event: '.length))).toEqual([
          'message_start',
          'content_block_start',
          'content_block_delta',
          'content_block_delta',
          'content_block_stop',
          'message_delta',
          'message_stop',
        ]);
      } else {
        expect(JSON.parse(text)).toMatchObject({
          id: 'msg_mock_warmup',
          content: [{ type: 'text', text: 'New Conversation' }],
          usage: { input_tokens: 10, output_tokens: 2 },
        });
      }
      const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
      expect(rows).toMatchObject([
        {
          account: 'quiet',
          state: 'settled',
          status: 200,
          stream,
          standard_cost_usd: '0',
          actual_cost_usd: '0',
        },
      ]);
      expect(rows[0]).toMatchObject({ input_tokens: 0, output_tokens: 0 });
      expect(await readBalance(topology)).toBe(before);
      expect(simulator.requests).toEqual([]);
      expect((await topology.admin.sticky.list.query({})).items).toEqual([]);
    },
  );

  it('[WARM-1] needs no slot of the account', async () => {
    simulator.setScript(() => ({ delayHeadersMs: 1_500 }));
    const running = post('quiet', {});
    await waitUntil('the slot is taken', () => simulator.openRequests === 1);
    const answer = await post('quiet', WARM_UP);
    expect(answer.headers.get('x-tollgate-warmup')).toBe('1');
    expect(simulator.openRequests).toBe(1);
    expect((await running).headers.get('x-tollgate-warmup')).toBeNull();
  });

  it('[WARM-1] goes to the upstream, and is billed, where the account does not say so', async () => {
    const answer = await post('usual', WARM_UP);
    expect([answer.status, answer.headers.get('x-tollgate-warmup')]).toEqual([200, null]);
    await answer.text();
    expect(simulator.requests).toHaveLength(1);
    const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    expect(Number(row?.actual_cost_usd)).toBeGreaterThan(0);
  });

  it('[WARM-1] real work that has the words in it goes to the upstream', async () => {
    const messages = [{ role: 'user', content: 'Write a Warmup title for my novel.' }];
    const answer = await post('quiet', { messages });
    expect([answer.status, answer.headers.get('x-tollgate-warmup')]).toEqual([200, null]);
    expect(simulator.requests).toHaveLength(1);
  });
});
