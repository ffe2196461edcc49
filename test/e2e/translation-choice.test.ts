import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { waitForDecision } from '../harness/wait-for-decision.ts';
import { callWire, type Wire } from '../harness/wire-client.ts';

const keyOf = (name: string) => `sk-test-${name}-0123456789`;
const OPUS = 'claude-opus-4-1';
const TOO_LONG = JSON.stringify({
  type: 'error',
  error: { type: 'invalid_request_error', message: 'prompt is too long: 208310 tokens > 200000 maximum' },
});
const GROUPS = ['dispatch', 'closed', 'both', 'claude', 'google', 'short', 'mixed'];

/** Which group, account and model a call comes to whose protocol the upstream does not speak. */
describe('the way of a translated call', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator({ isStrict: true });
    topology = await startTopology('embedded', buildAll(simulator.url));
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

  const call = (name: string, client: Wire, model: string, fields: Record<string, unknown> = {}) =>
    callWire(gateway, client, { key: keyOf(name), model, fields });
  const sent = () => simulator.requests.at(-1);
  const listPaths = () => simulator.requests.map(({ path }) => path);
  const readRows = async (answer: Response, count = 1) =>
    waitForUsage(topology, answer.headers.get('x-request-id') ?? '', count);

  it.each([
    [OPUS, 'gpt-5.1'],
    ['claude-sonnet-4-5', 'gpt-4o'],
    ['gpt-4o-mini', 'gpt-4o-mini'],
  ])('[API-4] %s is %s in a group of openai, also on the bill', async (model, upstream) => {
    const answer = await call('dispatch', 'messages', model);
    const body = (await answer.json()) as { model: string };
    expect([answer.status, body.model]).toEqual([200, model]);
    expect(sent()).toMatchObject({ path: '/v1/responses', json: { model: upstream } });
    expect(await readRows(answer)).toMatchObject([{ state: 'settled', model, upstream_model: upstream }]);
    expect(await call('dispatch', 'chat', upstream)).toMatchObject({ status: 200 });
  });

  it('[API-4] a group that is closed to Messages refuses them, and nothing else', async () => {
    const refused = await call('closed', 'messages', OPUS);
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: { type: 'permission_error', message: expect.stringContaining('closed to') as string } },
    ]);
    expect((await call('closed', 'chat', 'gpt-4o')).status).toBe(200);
    expect((await call('closed', 'gemini', 'gpt-4o')).status).toBe(200);
  });

  it('[API-3] an account of openai is asked in the client’s own protocol where it speaks it', async () => {
    for (const client of ['chat', 'responses', 'messages', 'gemini'] as const)
      expect((await call('both', client, 'gpt-4o')).status).toBe(200);
    expect(listPaths()).toEqual(['/v1/chat/completions', '/v1/responses', '/v1/responses', '/v1/responses']);
  });

  it('[SEL-5] a failover may lead from one protocol to another', async () => {
    simulator.setScript(({ path }) => (path === '/v1/responses' ? { status: 503 } : { text: 'hello' }));
    const answer = await call('mixed', 'responses', 'gpt-4o');
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('hello') as string]);
    expect(listPaths()).toEqual(['/v1/responses', '/v1/chat/completions']);
  });

  it('[API-3] what cannot be carried is refused with the field, before anything is sent', async () => {
    const answer = await call('claude', 'chat', 'claude-sonnet-4-6', { n: 2 });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', param: 'n' } },
    ]);
    expect(simulator.requests).toEqual([]);
    const { request, attempts } = await waitForDecision(topology, answer.headers.get('x-request-id') ?? '');
    expect(request).toMatchObject({ status: 400, errorCode: 'invalid_request', attempts: 0 });
    expect(attempts).toEqual([]);
  });

  it('[API-3] what is left out stands in a header', async () => {
    const answer = await call('claude', 'chat', 'claude-sonnet-4-6', { seed: 7, logit_bias: { a: 1 } });
    expect([answer.status, answer.headers.get('x-tollgate-dropped')]).toEqual([
      200,
      expect.stringContaining('seed') as string,
    ]);
    expect((await call('both', 'chat', 'gpt-4o', { seed: 7 })).headers.has('x-tollgate-dropped')).toBe(false);
  });

  it.each([false, true])(
    '[SEL-6] too long for one platform, tried on another; stream: %s',
    async (stream) => {
      simulator.setScript(({ path }) => (path === '/v1/messages' ? { status: 400, body: TOO_LONG } : null));
      const answer = await call('short', 'messages', 'gpt-4o', { stream });
      expect([answer.status, await answer.text()]).toEqual([
        200,
        expect.stringContaining(stream ? 'message_stop' : 'stop_reason') as string,
      ]);
      const rows = await readRows(answer, 2);
      expect(rows.map(({ group, state }) => `${group} ${state}`).toSorted()).toEqual([
        'both settled',
        'short failed',
      ]);
    },
  );

  it('[SEL-6] the other platform may take what this one cannot be told', async () => {
    const answer = await call('short', 'chat', 'gpt-4o', { n: 2 });
    expect(answer.status).toBe(200);
    expect(listPaths()).toEqual(['/v1/chat/completions']);
  });

  const count = (path: string, key: string, body: object) =>
    fetch(gateway + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('[API-5] counts by estimate where the upstream cannot: labelled, without a slot or a bill', async () => {
    const messages = [{ role: 'user', content: 'x'.repeat(400) }];
    const answer = await count('/v1/messages/count_tokens', keyOf('dispatch'), { model: OPUS, messages });
    const { input_tokens } = (await answer.json()) as { input_tokens: number };
    expect([answer.status, answer.headers.get('x-tollgate-estimate')]).toEqual([200, '1']);
    expect([input_tokens > 50, input_tokens < 400]).toEqual([true, true]);
    expect(simulator.requests).toEqual([]);
    // What costs something is there when the record is, which is written later.
    const { attempts } = await waitForDecision(topology, answer.headers.get('x-request-id') ?? '');
    expect(attempts).toEqual([]);
  });

  const TEXT = 'How many tokens are these?';
  const TOOLS = [{ name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } }];
  it.each([
    {
      client: 'Messages, Gemini',
      path: '/v1/messages/count_tokens',
      key: keyOf('google'),
      body: { model: 'gemini-2.5-pro', messages: [{ role: 'user', content: TEXT }], tools: TOOLS },
      sentTo: '/v1beta/models/gemini-2.5-pro:countTokens',
    },
    {
      client: 'Gemini, Anthropic',
      path: '/v1beta/models/claude-sonnet-4-6:countTokens',
      key: keyOf('claude'),
      body: { contents: [{ role: 'user', parts: [{ text: TEXT }] }], generationConfig: { temperature: 1 } },
      sentTo: '/v1/messages/count_tokens',
    },
  ])(
    '[API-5] $client: the upstream counts what it would be asked, without a label or a bill',
    async (each) => {
      const answer = await count(each.path, each.key, each.body);
      expect([answer.status, answer.headers.get('x-tollgate-estimate')]).toEqual([200, null]);
      const counted = (await answer.json()) as { input_tokens?: number; totalTokens?: number };
      expect(counted.input_tokens ?? counted.totalTokens).toBeGreaterThan(0);
      expect([listPaths(), simulator.refusals]).toEqual([[each.sentTo], []]);
      expect(JSON.stringify(sent()?.json)).toContain(TEXT);
      // What costs something is there when the record is, which is written later.
      const requestId = answer.headers.get('x-request-id') ?? '';
      const { request, attempts } = await waitForDecision(topology, requestId);
      expect([request, attempts]).toMatchObject([{ status: 200, attempts: 1 }, []]);
      expect((await topology.admin.usage.list.query({ requestId })).items).toEqual([]);
    },
  );

  it('[API-6] models of any platform in the shape of any caller', async () => {
    const list = async (path: string, headers: Record<string, string>) =>
      (await fetch(gateway + path, { headers })).text();
    const key = keyOf('claude');
    expect(await list('/v1/models', { authorization: `Bearer ${key}` })).toContain('"object":"list"');
    expect(await list('/v1/models', { 'x-api-key': key })).toContain('"display_name"');
    const gemini = await list('/v1beta/models', { 'x-goog-api-key': key });
    expect(gemini).toContain('models/claude-sonnet-4-6');
  });
});

function buildAll(url: string): string {
  const group = { platform: 'openai', rate_multiplier: '1', rpm: 0, unpriced_models: 'allow' };
  const account = { platform: 'openai', base_url: url, api_key: 'sk-up-1' };
  return buildConfig({
    groups: [
      {
        ...group,
        name: 'dispatch',
        messages_dispatch: { default_model: 'gpt-4o', families: { opus: 'gpt-5.1' } },
      },
      { ...group, name: 'closed', messages_dispatch: { allowed: false } },
      { ...group, name: 'both' },
      { ...group, name: 'mixed' },
      { ...group, name: 'claude', platform: 'anthropic' },
      { ...group, name: 'google', platform: 'gemini' },
      { ...group, name: 'short', platform: 'anthropic', fallback_group_on_invalid_request: 'both' },
    ],
    accounts: [
      { ...account, name: 'o1', groups: ['dispatch', 'closed', 'both'] },
      { ...account, name: 'm1', priority: 1, groups: ['mixed'], upstream_protocol: 'responses' },
      { ...account, name: 'm2', priority: 2, groups: ['mixed'], upstream_protocol: 'chat' },
      { ...account, name: 'c1', platform: 'anthropic', groups: ['claude', 'short'] },
      { ...account, name: 'g1', platform: 'gemini', groups: ['google'] },
    ],
    users: [{ email: 'u@example.com', balance: '1000.00', concurrency: 50, rpm: 0 }],
    keys: GROUPS.map((name) => ({ user: 'u@example.com', name, groups: [name], key: keyOf(name) })),
  });
}
