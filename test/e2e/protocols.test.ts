import { createConformanceChecker } from '@tollgate/protocol';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { KEY } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { callProtocol, MODELS, PLATFORM, PROTOCOLS } from '../harness/protocol-client.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const DRAIN_KEY = 'sk-drain-0123456789abcdef';
const MAPPED = 'house-model';

/** The fleet has another store and another control plane, which no protocol knows: the one without an end event shows it. */
const CASES = [...PROTOCOLS.map((protocol) => [protocol, 'embedded'] as const), ['gemini', 'fleet'] as const];

/** One group and two accounts a platform; the second account only where the first fails. */
describe.each(CASES)('pass-through of %s, %s', (protocol, topologyName) => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;
  const platform = PLATFORM[protocol];

  beforeAll(async () => {
    simulator = await startSimulator();
    const account = {
      platform,
      base_url: simulator.url,
      model_mapping: { [MAPPED]: MODELS[protocol], '*': '*' },
    };
    const group = { platform, rate_multiplier: '1.0', rpm: 0 };
    topology = await startTopology(
      topologyName,
      buildConfig({
        groups: [
          { name: 'main', ...group },
          { name: 'drain', ...group, hang_up: 'drain' },
        ],
        accounts: [
          { name: 'a1', ...account, api_key: 'sk-up-1', priority: 1, groups: ['main', 'drain'] },
          { name: 'a2', ...account, api_key: 'sk-up-2', priority: 2, groups: ['main', 'drain'] },
        ],
        keys: [
          { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
          { user: 'u@example.com', name: 'k2', groups: ['drain'], key: DRAIN_KEY },
        ],
      }),
      { TOLLGATE_BODY_BYTES_MAX: '1000000' },
    );
    gateway = topology.gateways[0] ?? '';
  });
  afterEach(async () => {
    simulator.reset();
    await clearAccountMemory(topology.admin);
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  /** What the client got, held against its protocol; the usage chunk was not asked for. */
  const listProblems = (text: string) => {
    const checker = createConformanceChecker(protocol, { includesUsage: false });
    checker.push(Buffer.from(text));
    checker.end();
    return checker.problems;
  };
  const sent = () => simulator.requests.at(-1);
  const readRow = async (answer: Response) => {
    const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    return rows.at(-1);
  };

  it.each([false, true])('[API-1] [ACC-9] answers and is billed; streamed: %s', async (stream) => {
    const answer = await callProtocol(gateway, protocol, { stream });
    const text = await answer.text();
    if (stream) expect(listProblems(text)).toEqual([]);
    expect([answer.status, text]).toEqual([200, expect.stringContaining('hello') as string]);
    expect(sent()?.headers).toMatchObject(
      protocol === 'gemini' ? { 'x-goog-api-key': 'sk-up-1' } : { authorization: 'Bearer sk-up-1' },
    );
    expect(JSON.stringify([sent()?.rawHeaders, sent()?.path])).not.toContain(KEY);
    const row = await readRow(answer);
    expect(row).toMatchObject({
      state: 'settled',
      protocol,
      stream,
      model: MODELS[protocol],
      input_tokens: 7,
      output_tokens: 10,
    });
    expect(Number(row?.actual_cost_usd)).toBeGreaterThan(0);
  });

  it.each([false, true])(
    '[API-2] the mapped model goes up, the client’s own comes back; streamed: %s',
    async (stream) => {
      const asked = await callProtocol(gateway, protocol, { stream, model: MAPPED });
      const text = await asked.text();
      const upstream = JSON.stringify([sent()?.path, sent()?.json]);
      expect([upstream.includes(MODELS[protocol]), upstream.includes(MAPPED)]).toEqual([true, false]);
      const plain = await callProtocol(gateway, protocol, { stream });
      expect(normalise(text)).toBe(normalise((await plain.text()).replaceAll(MODELS[protocol], MAPPED)));
      expect(text).toContain(MAPPED);
      expect(await readRow(asked)).toMatchObject({ model: MAPPED, upstream_model: MODELS[protocol] });
    },
  );

  it('[API-2] the body goes up byte for byte', async () => {
    const body =
      protocol === 'gemini'
        ? '{ "contents":[{"parts":[{"text":"\\u0041"}]}] , "new_field": 1e400 }'
        : `{ "model":"${MODELS[protocol]}", "messages":[],"input":"\\u0041" , "new_field": 12345678901234567890 }`;
    await callProtocol(gateway, protocol, { body });
    expect(sent()?.body.toString()).toBe(body);
  });

  it('[REQ-1] a large body is looked through off the loop, and goes up whole', async () => {
    const padding = 'x'.repeat(300_000);
    const answer = await callProtocol(gateway, protocol, {
      stream: true,
      model: MAPPED,
      fields: { padding },
    });
    expect([answer.status, (await answer.text()).length > 0]).toEqual([200, true]);
    expect(sent()?.json).toMatchObject({ padding });
  });

  it.each([
    ['no JSON', '{', 400, null],
    ['an empty body', '', 400, null],
    ['too large', `"${'x'.repeat(1_000_001)}"`, 413, null],
    ['the wrong type', '{"model":1,"contents":1}', 400, protocol === 'gemini' ? 'contents' : 'model'],
  ])('[REQ-2] [REQ-4] %s: in the caller’s shape', async (_, body, status, field) => {
    const answer = await callProtocol(gateway, protocol, { body });
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect([answer.status, error['message']]).toEqual([
      status,
      expect.stringContaining(field ?? '') as string,
    ]);
    expect(error).toMatchObject(
      protocol === 'gemini'
        ? { code: status, status: 'INVALID_ARGUMENT' }
        : { type: 'invalid_request_error' },
    );
    expect(simulator.requests).toEqual([]);
  });

  it('[REQ-2] an unknown key', async () => {
    const unknown = await callProtocol(gateway, protocol, { key: 'sk-nobody-0123456789abcdef' });
    expect([unknown.status, await unknown.json()]).toMatchObject([
      401,
      { error: protocol === 'gemini' ? { status: 'UNAUTHENTICATED' } : { code: 'invalid_api_key' } },
    ]);
  });

  it.each([400, 404, 422])(
    '[REQ-6] the upstream’s %i is the client’s own error, as it came',
    async (status) => {
      simulator.setScript(() => ({ status }));
      const answer = await callProtocol(gateway, protocol, { stream: true });
      expect([answer.status, await answer.json()]).toMatchObject([
        status,
        { error: { message: 'The simulator was told to fail.' } },
      ]);
      expect(simulator.requests).toHaveLength(1);
    },
  );

  it('[SEL-5] an account that fails before content is followed by the other, and the client sees one answer', async () => {
    const isFirst = (headers: object) => JSON.stringify(headers).includes('sk-up-1');
    for (const script of [
      { status: 503 },
      { status: 429 },
      { errorEventAfter: 0 },
      { resetBeforeHeaders: true },
    ]) {
      simulator.setScript(({ headers }) => (isFirst(headers) ? script : null));
      const answer = await callProtocol(gateway, protocol, { stream: true });
      expect([answer.status, answer.headers.get('x-tollgate-attempts')]).toEqual([200, '2']);
      expect(await answer.text()).toContain('hello');
      await clearAccountMemory(topology.admin);
    }
  });

  it('[REQ-6] when all fail: the caller’s shape, without the upstream’s words', async () => {
    simulator.setScript(() => ({ status: 401 }));
    const answer = await callProtocol(gateway, protocol);
    const text = await answer.text();
    expect([answer.status, text.includes('told to fail')]).toEqual([502, false]);
    expect(JSON.parse(text)).toMatchObject({
      error: protocol === 'gemini' ? { code: 502, status: 'UNAVAILABLE' } : { code: 'upstream_error' },
    });
  });

  it('[REQ-2] a stream that breaks off ends with the protocol’s error, and is billed to nobody', async () => {
    simulator.setScript(() => ({ resetAfterEvents: 5, text: 'a long text '.repeat(20), delayEventsMs: 5 }));
    const answer = await callProtocol(gateway, protocol, { stream: true });
    const events = (await answer.text()).split(/\r?\n\r?\n/u).filter((event) => event !== '');
    const last = events.at(-1) ?? '';
    expect(JSON.parse(last.slice(last.indexOf('{')))).toMatchObject(
      protocol === 'responses'
        ? { type: 'response.failed', response: { status: 'failed', error: { code: 'upstream_error' } } }
        : { error: { message: expect.stringContaining('broke off') as string } },
    );
    expect(last).not.toContain('[DONE]');
    expect(await readRow(answer)).toMatchObject({
      state: 'failed',
      actual_cost_usd: expect.stringMatching(/^0/) as string,
    });
  });

  it('[REQ-2] the upstream’s error event in the stream passes, and ends it', async () => {
    simulator.setScript(() => ({ errorEventAfter: 6, text: 'a long text '.repeat(20) }));
    const answer = await callProtocol(gateway, protocol, { stream: true });
    expect(await answer.text()).toContain('The simulator was told to fail.');
    expect(await readRow(answer)).toMatchObject({ state: 'failed' });
  });

  it.each([
    ['abort', KEY, 'estimated'],
    ['drain', DRAIN_KEY, 'settled'],
  ])('[MON-7] a client that hangs up: %s', async (_, key, state) => {
    simulator.setScript(() => ({ text: 'a long text '.repeat(20), delayEventsMs: 20 }));
    const leaving = new AbortController();
    const answer = await callProtocol(gateway, protocol, { stream: true, key, signal: leaving.signal });
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.read();
    leaving.abort();
    await waitUntil('the upstream is let go', async () => simulator.openRequests === 0);
    expect(simulator.requests.at(-1)?.wasAborted).toBe(key === KEY);
    const row = await readRow(answer);
    expect(row).toMatchObject({ state, status: 499 });
    expect(Number(row?.actual_cost_usd)).toBeGreaterThan(0);
  });

  it('[SESS-1] [SEL-4] a conversation stays with its account', async () => {
    const field = protocol === 'gemini' ? 'sessionId' : 'prompt_cache_key';
    const ask = () => callProtocol(gateway, protocol, { fields: { [field]: 'conversation-1' } });
    simulator.setScript(({ headers }) =>
      JSON.stringify(headers).includes('sk-up-1') ? { status: 529 } : null,
    );
    expect((await ask()).status).toBe(200);
    simulator.reset();
    const { items } = await topology.admin.accounts.list.query({ limit: 100 });
    await Promise.all(items.map(({ id }) => topology.admin.accounts.clearState.mutate({ id })));
    expect((await ask()).status).toBe(200);
    expect(JSON.stringify(sent()?.headers)).toContain('sk-up-2');
  });
});

/** Ids are numbered by the simulator. */
function normalise(text: string): string {
  return text.replaceAll(/(?:chatcmpl-|resp_|msg_)?sim\d+/gu, 'sim');
}
