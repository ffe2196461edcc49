import { startSimulator, type RecordedRequest, type Script, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { callWire, WIRE_MODELS } from '../harness/wire-client.ts';

const CLIENTS = ['messages', 'responses', 'gemini'] as const;
type Client = (typeof CLIENTS)[number];
const PLATFORMS = { messages: 'anthropic', responses: 'openai', gemini: 'gemini' } as const;
const keyOf = (client: Client) => `sk-test-${client}-0123456789`;

/** A conversation whose answer has been signed by the first account. */
const HISTORY: Readonly<Record<Client, Record<string, unknown>>> = {
  messages: {
    metadata: { user_id: 'user_1_session_0f8fad5b-d9cb-469f-a165-70867728950e' },
    messages: [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'by-sk-up-1' },
          { type: 'text', text: 'Yes?' },
        ],
      },
      { role: 'user', content: 'Say hello.' },
    ],
  },
  responses: {
    prompt_cache_key: 's1',
    input: [
      { role: 'user', content: 'Hi' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'by-sk-up-1' },
      { role: 'assistant', content: [{ type: 'output_text', text: 'Yes?' }] },
      { role: 'user', content: 'Say hello.' },
    ],
  },
  gemini: {
    sessionId: 's1',
    contents: [
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [{ text: 'Yes?', thoughtSignature: 'by-sk-up-1' }] },
      { role: 'user', parts: [{ text: 'Say hello.' }] },
    ],
  },
};
const REFUSALS: Readonly<Record<Client, object>> = {
  messages: {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
    },
  },
  responses: {
    error: {
      message: 'The encrypted content by-… could not be verified.',
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_encrypted_content',
    },
  },
  gemini: { error: { code: 400, message: 'Thought signature is not valid.', status: 'INVALID_ARGUMENT' } },
};

/** SEL-7: upstreams that refuse what another account has signed. */
describe.each(CLIENTS)('signed thinking in %s', (client) => {
  let simulator: Simulator;
  let topology: Topology;
  /** Accounts that are out. */
  let away: string[] = [];

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology('embedded', build(simulator.url, client));
    simulator.setScript(answer);
  });
  afterEach(async () => {
    away = [];
    simulator.requests.length = 0;
    await clearAccountMemory(topology.admin);
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const keyOfRequest = ({ headers }: RecordedRequest) => /sk-up-\d/u.exec(JSON.stringify(headers))?.[0] ?? '';
  function answer(request: RecordedRequest): Script {
    const key = keyOfRequest(request);
    if (away.includes(key)) return { status: 529 };
    const [signer] = /by-(sk-up-\d)/u.exec(request.body.toString())?.slice(1) ?? [];
    return signer === undefined || signer === key
      ? { text: 'hello' }
      : { status: 400, body: REFUSALS[client] };
  }
  const ask = (stream: boolean, fields: Record<string, unknown> = {}) =>
    callWire(topology.gateways[0] ?? '', client, {
      stream,
      key: keyOf(client),
      model: WIRE_MODELS[client],
      fields: { ...HISTORY[client], ...fields },
    });
  const listAsked = () => simulator.requests.map(keyOfRequest);

  it('goes as it is to the account that signed', async () => {
    expect((await ask(false)).status).toBe(200);
    expect(listAsked()).toEqual(['sk-up-1']);
    expect(simulator.requests[0]?.body.toString()).toContain('by-sk-up-1');
  });

  it.each([false, true])('[SEL-7] a switch of account is no 400; streamed: %s', async (stream) => {
    away = ['sk-up-1'];
    const reply = await ask(stream);
    expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining('hello') as string]);
    expect(listAsked()).toEqual(['sk-up-1', 'sk-up-2', 'sk-up-2']);
    const last = simulator.requests.at(-1)?.body.toString() ?? '';
    expect([last.includes('by-sk-up-1'), last.includes('Yes?')]).toEqual([false, true]);
    const rows = await waitForUsage(topology, reply.headers.get('x-request-id') ?? '', 3);
    expect(rows.filter(({ state }) => state === 'settled')).toHaveLength(1);
  });

  it('[SEL-7] and the request goes without to the next one, too', async () => {
    away = ['sk-up-1'];
    let asked = 0;
    simulator.setScript((request) => {
      if (keyOfRequest(request) === 'sk-up-2') asked += 1;
      return keyOfRequest(request) === 'sk-up-2' && asked > 1 ? { status: 503 } : answer(request);
    });
    const reply = await ask(false);
    simulator.setScript(answer);
    expect([reply.status, listAsked()]).toEqual([200, ['sk-up-1', 'sk-up-2', 'sk-up-2', 'sk-up-3']]);
  });

  it('[REQ-6] any other 400 stays the client’s, and is asked once', async () => {
    simulator.setScript(() => ({ status: 400 }));
    expect((await ask(false)).status).toBe(400);
    simulator.setScript(() => ({ status: 400, body: REFUSALS[client] }));
    expect((await ask(false)).status).toBe(400);
    simulator.setScript(answer);
    expect(listAsked()).toHaveLength(3);
  });
});

function build(url: string, client: Client): string {
  const platform = PLATFORMS[client];
  return buildConfig({
    groups: [{ name: 'main', platform, rate_multiplier: '1', rpm: 0 }],
    accounts: [1, 2, 3].map((priority) => ({
      name: `a${priority}`,
      platform,
      base_url: url,
      api_key: `sk-up-${priority}`,
      priority,
    })),
    keys: [{ user: 'u@example.com', name: 'k1', groups: ['main'], key: keyOf(client) }],
  });
}
