import { startSimulator, type Script, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEY } from '../harness/client.ts';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig, type TestAccount } from '../harness/config.ts';
import { readAnswer } from '../harness/read-answer.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { callWire, READ_TOOL, WIRE, type Wire } from '../harness/wire-client.ts';

const MODEL = 'gpt-4o';
const UPSTREAM_MODEL = 'gpt-4o-mini';
const PINNED = { 'chatgpt-account-id': 'the-account', originator: 'the-client', 'openai-beta': 'the-beta' };
const HOST: Script = { streamOnly: true, text: 'Grüße, "you"\n' };
/** created, in_progress, item added, part added, deltas, text done, part done, item done, completed. */
const EVENTS = 9;
/** What each protocol always brings, and the host does not take. */
const DROPPED: Record<Wire, string | null> = {
  messages: 'max_output_tokens',
  chat: null,
  responses: null,
  gemini: null,
};
const EACH = WIRE.flatMap((client) => [[client, false] as const, [client, true] as const]);

/** OpenAI's oauth accounts: their host only streams, keeps nothing and wants instructions. */
describe('accounts whose upstream only streams', () => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      'embedded',
      buildConfig({
        groups: [{ name: 'chatgpt', platform: 'openai', rate_multiplier: '1.0', rpm: 0 }],
        accounts: [1, 2].map((priority) => buildAccount(simulator.url, priority)),
        users: [{ email: 'u@example.com', balance: '1000.00', concurrency: 50, rpm: 0 }],
        keys: [{ user: 'u@example.com', name: 'k1', groups: ['chatgpt'], key: KEY }],
      }),
    );
  });
  afterEach(async () => {
    simulator.reset();
    await clearAccountMemory(topology.admin);
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const call = (client: Wire, stream = false, fields: Record<string, unknown> = {}) =>
    callWire(topology.gateways[0] ?? '', client, { stream, model: MODEL, key: KEY, fields });
  const readRows = (answer: Response, count = 1) =>
    waitForUsage(topology, answer.headers.get('x-request-id') ?? '', count);
  /** The first account does as it is told, the second behaves. */
  const breakFirst = (script: Script) =>
    simulator.setScript(({ headers }) =>
      headers.authorization === 'Bearer token-1' ? { ...HOST, ...script } : HOST,
    );

  it.each(EACH)('[API-3] [MON-8] %s, streamed %s: an answer, metered once', async (client, stream) => {
    simulator.setScript(() => HOST);
    const answer = await call(client, stream);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, expect.any(String)]);
    // A stream of its own protocol passes as it came: here its end repeats no items.
    if (stream && client === 'responses') expect(text).toContain('"text":"Grüße, \\"you\\"\\n"');
    else expect(readAnswer(client, text, stream).text).toBe(HOST.text);
    expect(answer.headers.get('content-type')).toContain(stream ? 'text/event-stream' : 'application/json');
    expect(answer.headers.get('x-tollgate-dropped')).toBe(DROPPED[client]);
    expect(text).not.toContain(UPSTREAM_MODEL);
    expect(simulator.requests.map(({ json }) => json)).toMatchObject([
      { model: UPSTREAM_MODEL, stream: true, store: false, instructions: '' },
    ]);
    expect(simulator.requests[0]?.headers).toMatchObject({ ...PINNED, authorization: 'Bearer token-1' });
    expect(await readRows(answer)).toMatchObject([
      { state: 'settled', protocol: client, stream, model: MODEL, output_tokens: 4 },
    ]);
  });

  it.each(WIRE)('[API-3] %s: a tool of a plain call', async (client) => {
    simulator.setScript(() => ({
      streamOnly: true,
      text: 'I look.',
      toolCalls: [{ name: 'read_file', input: { path: 'ä.txt' } }],
    }));
    const answer = await call(client, false, READ_TOOL[client]);
    expect(readAnswer(client, await answer.text(), false)).toMatchObject({
      tools: [{ name: 'read_file', input: { path: 'ä.txt' } }],
    });
  });

  it('[API-2] of a client’s own fields only those are touched that the host refuses', async () => {
    simulator.setScript(() => HOST);
    const fields = { instructions: 'Be kind.', store: true, metadata: { a: 'b' }, prompt_cache_key: 'k' };
    const answer = await call('responses', false, fields);
    expect([answer.status, answer.headers.get('x-tollgate-dropped')]).toEqual([200, 'store,metadata']);
    const sent = simulator.requests[0]?.body.toString() ?? '';
    expect(sent).toMatch(/^\{"stream":true,"model":"gpt-4o-mini","input":\[\{/u);
    expect(sent.endsWith('"instructions":"Be kind.","store":false,"prompt_cache_key":"k"}')).toBe(true);
  });

  it('[API-3] what only a stored answer could give is the client’s error', async () => {
    const answer = await call('responses', false, { previous_response_id: 'resp_1' });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', param: 'previous_response_id' } },
    ]);
    expect(simulator.requests).toEqual([]);
  });

  it('[API-3] cut anywhere, the same answer', async () => {
    const random = createSeededRandom('chunks of gathered streams');
    const answers = new Set<string>();
    for (let round = 0; round < 10; round += 1) {
      const chunkSizes = Array.from({ length: 2_000 }, () => 1 + Math.floor(random() * 30));
      simulator.setScript(() => ({ ...HOST, chunkSizes }));
      const { id: _id, ...said } = (await (await call('responses')).json()) as Record<string, unknown>;
      answers.add(JSON.stringify(said).replaceAll(/_sim\d+/gu, ''));
    }
    expect(answers.size).toBe(1);
  });

  it.each(Array.from({ length: EVENTS }, (_, count) => count))(
    '[SEL-5] broken after %i events: the second account answers',
    async (count) => {
      for (const script of [{ resetAfterEvents: count, delayEventsMs: 1 }, { errorEventAfter: count }]) {
        breakFirst(script);
        for (const client of ['responses', 'messages'] as const) {
          const answer = await call(client);
          expect([answer.status, answer.headers.get('x-tollgate-attempts')]).toEqual([200, '2']);
          expect(readAnswer(client, await answer.text(), false).text).toBe(HOST.text);
          const states = (await readRows(answer, 2)).map(({ state }) => state);
          expect(states.toSorted()).toEqual(['failed', 'settled']);
          await clearAccountMemory(topology.admin);
        }
      }
    },
  );

  it('[REQ-6] both accounts limited: 429 with the soonest way back', async () => {
    simulator.setScript(({ headers }) => ({
      status: 429,
      headers: { 'retry-after': headers.authorization === 'Bearer token-1' ? '90' : '40' },
    }));
    const answer = await call('responses');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '40']);
  });

  it('[REQ-6] the host’s own 400 in the caller’s words', async () => {
    simulator.setScript(() => ({ status: 400, body: { detail: 'Unsupported parameter: tools' } }));
    const answer = await call('messages');
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', message: 'Unsupported parameter: tools' } },
    ]);
  });

  it('[REQ-7] a client that leaves takes the upstream’s stream with it', async () => {
    simulator.setScript(() => ({ ...HOST, endless: true, delayEventsMs: 10 }));
    const leaving = new AbortController();
    const body = JSON.stringify({ model: MODEL, input: 'Hi' });
    const running = fetch(`${topology.gateways[0]}/v1/responses`, {
      method: 'POST',
      body,
      signal: leaving.signal,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    }).catch(() => null);
    await expect.poll(() => simulator.openRequests).toBe(1);
    leaving.abort();
    await running;
    await expect.poll(() => simulator.openRequests).toBe(0);
  });
});

function buildAccount(base_url: string, priority: number): TestAccount {
  return {
    name: `chatgpt-${priority}`,
    platform: 'openai',
    kind: 'oauth',
    base_url,
    groups: ['chatgpt'],
    api_key: `token-${priority}`,
    priority,
    pinned_headers: PINNED,
    model_mapping: { [MODEL]: UPSTREAM_MODEL },
  };
}
