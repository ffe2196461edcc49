import { startSimulator, type Script, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';

/** Before the first content byte another account takes over, and the client sees one clean answer. */
describe.each(TOPOLOGIES)('failover, %s', (name) => {
  let bad: Simulator;
  let good: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    bad = await startSimulator();
    good = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({
        groups: [
          {
            name: 'main',
            platform: 'anthropic',
            rate_multiplier: '1.0',
            rpm: 0,
            deadlines: { first_content_ms: 1_000, first_byte_ms: 1_000 },
          },
        ],
        accounts: [
          { name: 'bad', base_url: bad.url, priority: 1 },
          { name: 'good', base_url: good.url, priority: 2 },
        ],
      }),
    );
  });
  afterAll(async () => {
    await topology.stop();
    await bad.stop();
    await good.stop();
  });
  // Both: what failed is remembered (ACC-3), and the session has moved to what answered (SEL-4).
  beforeEach(() => clearAccountMemory(topology.admin));

  it.each<[string, Script]>([
    ['401', { status: 401 }],
    ['403', { status: 403 }],
    ['429', { status: 429, headers: { 'retry-after': '7' } }],
    ['500', { status: 500 }],
    ['529', { status: 529 }],
    ['a reset before the headers', { resetBeforeHeaders: true }],
    ['a reset inside the prelude', { resetAfterBytes: 120 }],
    ['an error event as first event', { errorEventAfter: 0 }],
    ['an error event after message_start', { errorEventAfter: 1 }],
    ['a stall before the headers', { delayHeadersMs: 5_000 }],
    ['a stall after message_start', { stallAfterEvents: 1 }],
    ['an answer that is no stream', { garbage: 'html' }],
    ['bytes that are no HTTP', { garbage: 'not-http' }],
  ])('[SEL-5] a stream survives %s', async (_, script) => {
    bad.setScript(() => script);
    const answer = await postMessages(topology.gateways[0] ?? '', buildMessage({ stream: true }));
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-tollgate-attempts')).toBe('2');
    expect(text.match(/event: message_start/g)).toHaveLength(1);
    expect(text).not.toContain('event: error');
    expect(text).toMatch(/event: message_stop\ndata: .*\n\n$/);
    const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '', 2);
    expect(rows.map(({ account, state }) => `${account} ${state}`).toSorted()).toEqual([
      'bad failed',
      'good settled',
    ]);
    expect(rows.find(({ account }) => account === 'bad')?.actual_cost_usd).toBe('0');
  });

  it.each<[string, Script, number, string]>([
    ['401', { status: 401 }, 502, 'upstream_error'],
    ['403', { status: 403 }, 502, 'upstream_error'],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 429, 'rate_limit_error'],
    ['529', { status: 529 }, 503, 'overloaded_error'],
    ['500', { status: 500 }, 502, 'upstream_error'],
    ['a reset', { resetBeforeHeaders: true }, 502, 'upstream_error'],
    ['garbage', { garbage: 'not-http' }, 502, 'upstream_error'],
  ])('[REQ-6] when every account answers %s', async (_, script, status, type) => {
    bad.setScript(() => script);
    good.setScript(() => script);
    try {
      const answer = await postMessages(topology.gateways[0] ?? '', buildMessage());
      expect(answer.status).toBe(status);
      const text = await answer.text();
      expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { type } });
      expect(answer.headers.get('retry-after')).toBe(status === 429 ? '7' : null);
      // REQ-5: nothing of the inside.
      expect(text).not.toMatch(/127\.0\.0\.1|sk-up|acc_|good|\bbad\b/);
    } finally {
      good.setScript(() => null);
    }
  });

  it.each([400, 404, 413, 422])(
    '[REQ-6] an upstream %i is the client’s own error, told as it came',
    async (status) => {
      const body = JSON.stringify({
        type: 'error',
        error: { type: 'invalid_request_error', message: 'prompt is too long' },
      });
      bad.setScript(() => ({ status, body }));
      const answer = await postMessages(topology.gateways[0] ?? '', buildMessage({ stream: true }));
      expect(answer.status).toBe(status);
      expect(await answer.text()).toBe(body);
      const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
      expect(rows.map(({ account, state, actual_cost_usd }) => [account, state, actual_cost_usd])).toEqual([
        ['bad', 'failed', '0'],
      ]);
    },
  );

  it('[SEL-5] after content has gone out the stream ends with an error event', async () => {
    bad.setScript(() => ({ resetAfterEvents: 4 }));
    const answer = await postMessages(topology.gateways[0] ?? '', buildMessage({ stream: true }));
    const text = await answer.text();
    expect(text).toContain('event: content_block_start');
    expect(text).toMatch(/event: error\ndata: \{.*\}\n\n$/);
    expect(text).not.toContain('message_stop');
    const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    expect(rows.map(({ state, actual_cost_usd }) => [state, actual_cost_usd])).toEqual([['failed', '0']]);
  });
});
