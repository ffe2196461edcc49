import { startSimulator, type Simulator } from '@tollgate/testkit';
import { builtInPriceBook } from '@tollgate/pricing';
import { formatUsd, parseUsd, picoUsd } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, createSdk, KEY, MODEL, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { readBalance, waitForUsage, type UsageRow } from '../harness/usage.ts';

/** What a program sees of a gateway that works: answers, usage rows, the bill. */
describe.each(TOPOLOGIES)('messages, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }),
    );
    gateway = topology.gateways[0] ?? '';
  });
  afterAll(async () => {
    expect(await topology.stop()).toEqual(topology.processes.map(() => 0));
    await simulator.stop();
  });

  it('[MON-3] [MON-5] a plain answer is billed to the last digit', async () => {
    const before = parseUsd(await readBalance(topology));
    const answer = await postMessages(gateway);
    const body = (await answer.json()) as { usage: { input_tokens: number; output_tokens: number } };
    const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    expect(row).toMatchObject({
      user: 'u@example.com',
      key: 'k1',
      group: 'main',
      account: 'a1',
      protocol: 'messages',
      model: MODEL,
      stream: false,
      status: 200,
      state: 'settled',
      input_tokens: body.usage.input_tokens,
      output_tokens: body.usage.output_tokens,
    });
    expect(row?.standard_cost_usd).toBe(computeCost(row));
    expect(row?.actual_cost_usd).toBe(row?.standard_cost_usd);
    const after = before - parseUsd(row?.actual_cost_usd ?? '');
    expect(await readBalance(topology)).toBe(formatUsd(picoUsd(after)));
  });

  it('[MON-8] a streamed answer has one row with the last cumulative usage', async () => {
    const stream = createSdk(gateway).messages.stream({
      model: MODEL,
      max_tokens: 64,
      messages: [{ role: 'user', content: 'Say hello.' }],
    });
    const { data, response } = await stream.withResponse();
    const message = await data.finalMessage();
    const rows = await waitForUsage(topology, response.headers.get('x-request-id') ?? '');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      stream: true,
      state: 'settled',
      input_tokens: message.usage.input_tokens,
      output_tokens: message.usage.output_tokens,
    });
    expect(rows[0]?.first_token_ms).not.toBeNull();
  });

  it('[REQ-3] passes the request id of the upstream beside ours, and no cookie or organisation', async () => {
    const answer = await postMessages(gateway);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    expect(answer.headers.get('request-id')).toBeTruthy();
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('anthropic-organization-id')).toBeNull();
    await answer.body?.cancel();
  });

  it('[ACC-9] the client’s credentials never reach the upstream, its version does', async () => {
    await (
      await postMessages(gateway, buildMessage(), { cookie: 'a=b', 'anthropic-version': '2026-10-21' })
    ).text();
    const seen = simulator.requests.at(-1);
    expect(JSON.stringify(seen?.headers)).not.toContain(KEY);
    expect(seen?.headers['cookie']).toBeUndefined();
    expect(seen?.headers['x-api-key']).toBe('sk-up');
    expect(seen?.headers['anthropic-version']).toBe('2026-10-21');
  });

  it('[API-2] the body reaches the upstream byte by byte', async () => {
    const body = `{ "model":"${MODEL}",\n"max_tokens" : 1e1, "x":-0, "y":"\\u00e9\\ud83d\\ude00", "big":12345678901234567890, "messages":[{"role":"user","content":"é😀"}] }`;
    const answer = await postMessages(gateway, body);
    expect(answer.status).toBe(200);
    await answer.text();
    expect(simulator.requests.at(-1)?.body.toString()).toBe(body);
  });

  it('[API-5] count_tokens costs nothing and leaves no row', async () => {
    // Rows are booked in order: with this one the bills of earlier tests are through.
    const answer = await postMessages(gateway);
    await answer.text();
    await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    const before = await readBalance(topology);
    const count = await createSdk(gateway).messages.countTokens({
      model: MODEL,
      messages: [{ role: 'user', content: 'How many?' }],
    });
    expect(count.input_tokens).toBeGreaterThan(0);
    expect(await readBalance(topology)).toBe(before);
  });

  it('[API-6] models in the shape of the caller', async () => {
    const models = await createSdk(gateway).models.list();
    expect(models.data.map(({ id }) => id)).toContain(MODEL);
    const openai = await fetch(`${gateway}/v1/models`, { headers: { authorization: `Bearer ${KEY}` } });
    expect(await openai.json()).toMatchObject({ object: 'list' });
  });

  it('[MON-10] /v1/usage tells the live balance', async () => {
    const answer = await fetch(`${gateway}/v1/usage`, { headers: { 'x-api-key': KEY } });
    const usage = (await answer.json()) as { isValid: boolean; remaining: number; unit: string };
    expect(usage).toMatchObject({ isValid: true, planName: 'main', unit: 'USD' });
    expect(usage.remaining).toBeLessThan(10);
    expect(usage.remaining).toBeGreaterThan(9);
  });

  it('[API-1] health and readiness', async () => {
    for (const url of topology.gateways) {
      expect((await fetch(`${url}/health`)).status).toBe(200);
      expect((await fetch(`${url}/ready`)).status).toBe(200);
    }
  });

  it('[CTL-5] the CLI lists the same rows as the API, with fixed names', async () => {
    const answer = await postMessages(gateway);
    await answer.text();
    const id = answer.headers.get('x-request-id') ?? '';
    await waitForUsage(topology, id);
    const rows = JSON.parse(await topology.cli('usage', 'list', '--json', '--request', id)) as UsageRow[];
    expect(Object.keys(rows[0] ?? {})).toEqual(expect.arrayContaining(FIXED_NAMES));
    const user = JSON.parse(await topology.cli('user', 'show', 'u@example.com', '--json')) as {
      balance: string;
    };
    expect(user.balance).toMatch(/^9\.\d+$/);
  });
});

const FIXED_NAMES = [
  ...[
    'request_id',
    'attempt_id',
    'at',
    'user',
    'key',
    'group',
    'account',
    'protocol',
    'model',
    'upstream_model',
  ],
  ...['stream', 'status', 'state', 'input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens'],
  ...['cache_write_1h_tokens', 'output_tokens', 'reasoning_tokens', 'standard_cost_usd', 'actual_cost_usd'],
  ...['duration_ms', 'first_token_ms'],
];

/** 3 USD per million tokens in, 15 out: 3 and 15 million pico-USD a token. */
function computeCost(row: UsageRow | undefined): string {
  expect(builtInPriceBook.findPrice(MODEL, Date.now())).not.toBeNull();
  return formatUsd(
    picoUsd(BigInt(row?.input_tokens ?? 0) * 3_000_000n + BigInt(row?.output_tokens ?? 0) * 15_000_000n),
  );
}
