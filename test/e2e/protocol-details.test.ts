import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEY } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { callProtocol, MODELS } from '../harness/protocol-client.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';

const GEMINI_KEY = 'sk-gemini-0123456789abcdef';

/** What one protocol alone has. */
describe('details of the protocols', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    const group = { rate_multiplier: '1.0', rpm: 0 };
    topology = await startTopology(
      'embedded',
      buildConfig({
        groups: [
          { name: 'main', platform: 'openai', ...group },
          { name: 'google', platform: 'gemini', ...group, unpriced_models: 'allow' },
        ],
        accounts: [
          { name: 'o', platform: 'openai', base_url: simulator.url },
          {
            name: 'g',
            platform: 'gemini',
            base_url: simulator.url,
            groups: ['google'],
            model_mapping: { house: MODELS.gemini, '*': '*' },
          },
        ],
        keys: [
          { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
          { user: 'u@example.com', name: 'k2', groups: ['google'], key: GEMINI_KEY },
        ],
      }),
    );
    gateway = topology.gateways[0] ?? '';
  });
  afterEach(() => simulator.reset());
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const chat = (fields: Record<string, unknown>) => callProtocol(gateway, 'chat', { stream: true, fields });
  const gemini = (options: Parameters<typeof callProtocol>[2]) =>
    callProtocol(gateway, 'gemini', { key: GEMINI_KEY, ...options });
  const sentJson = () => simulator.requests.at(-1)?.json as Record<string, unknown>;

  it.each([
    [{}, { include_usage: true }],
    [{ stream_options: { include_obfuscation: false } }, { include_usage: true, include_obfuscation: false }],
    [{ stream_options: { include_usage: false } }, { include_usage: true }],
  ])('[MON-8] chat: usage is asked for, and hidden from who did not: %j', async (fields, options) => {
    const answer = await chat(fields);
    const text = await answer.text();
    expect(sentJson()['stream_options']).toEqual(options);
    expect([text.includes('"choices":[]'), text.endsWith('data: [DONE]\n\n')]).toEqual([false, true]);
    const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    expect(row).toMatchObject({ state: 'settled', output_tokens: 10 });
  });

  it('[MON-8] chat: who asks gets the chunk; a plain request is left as it is', async () => {
    const text = await (await chat({ stream_options: { include_usage: true } })).text();
    expect(text).toContain('"choices":[],"usage":{"prompt_tokens":7');
    await callProtocol(gateway, 'chat');
    expect(sentJson()).not.toHaveProperty('stream_options');
  });

  it.each(['/chat/completions', '/responses'])('[API-1] %s without /v1', async (path) => {
    const body = JSON.stringify({ model: 'gpt-4o', messages: [], input: 'x' });
    const answer = await fetch(gateway + path, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect([answer.status, simulator.requests.at(-1)?.path]).toEqual([200, `/v1${path}`]);
  });

  it('[API-1] gemini: one JSON array without alt=sse, with the asked name, and billed', async () => {
    for (const model of [MODELS.gemini, 'house']) {
      const answer = await gemini({ stream: true, query: '$alt=json;enum-encoding=int', model });
      expect(answer.headers.get('content-type')).toContain('application/json');
      const chunks = (await answer.json()) as { modelVersion: string }[];
      expect(new Set(chunks.map(({ modelVersion }) => modelVersion))).toEqual(new Set([model]));
      expect(simulator.requests.at(-1)?.path).toBe(`/v1beta/models/${MODELS.gemini}:streamGenerateContent`);
      const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
      expect(row).toMatchObject({ state: 'settled', stream: true, output_tokens: 10 });
    }
  });

  it('[REQ-2] gemini: an error is the last element of the array; in the middle of one the connection is cut', async () => {
    const text = 'a long text '.repeat(20);
    simulator.setScript(() => ({ text, resetAfterEvents: 4, delayEventsMs: 5 }));
    const between = await gemini({ stream: true, query: '' });
    expect(((await between.json()) as object[]).at(-1)).toMatchObject({ error: { code: 502 } });
    simulator.setScript(() => ({ text, resetAfterBytes: 300, chunkBytes: 50 }));
    const within = await gemini({ stream: true, query: '' });
    await expect(within.text()).rejects.toThrow();
    const refused = await gemini({ stream: true, query: '', body: '{}' });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      [{ error: { status: 'INVALID_ARGUMENT' } }],
    ]);
  });

  it.each([
    ['passed on', {}],
    ['behind a ping, before any event', { delayHeadersMs: 5_600, status: 400 }],
  ])('[REQ-2] responses: a stream that breaks ends with error and response.failed, %s', async (_, fault) => {
    simulator.setScript(() => ({
      text: 'a long text '.repeat(20),
      resetAfterEvents: 9,
      delayEventsMs: 2,
      ...fault,
    }));
    const text = await (await callProtocol(gateway, 'responses', { stream: true })).text();
    const events = [...text.matchAll(/^data: (.*)$/gmu)].map(
      ([, data = '']) =>
        JSON.parse(data) as { type: string; sequence_number: number; response?: { id: string } },
    );
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['error', 'response.failed']);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_event, index) => index));
    expect(new Set(events.flatMap(({ response }) => response?.id ?? [])).size).toBe(1);
    expect(events.at(-1)).toMatchObject({
      response: { status: 'failed', error: { message: expect.any(String) as string } },
    });
  });

  it('[API-5] gemini: countTokens goes up with the mapped name, and leaves no row', async () => {
    const answer = await gemini({ method: 'countTokens', model: 'house' });
    expect([answer.status, await answer.json()]).toEqual([200, { totalTokens: 7 }]);
    expect(simulator.requests.at(-1)?.path).toBe(`/v1beta/models/${MODELS.gemini}:countTokens`);
    const request = { model: 'models/house', contents: [{ parts: [{ text: 'Hi' }] }] };
    await gemini({
      method: 'countTokens',
      model: 'house',
      body: JSON.stringify({ generateContentRequest: request }),
    });
    expect(sentJson()['generateContentRequest']).toMatchObject({ model: `models/${MODELS.gemini}` });
    const id = answer.headers.get('x-request-id') ?? '';
    expect((await topology.admin.usage.list.query({ requestId: id })).items).toEqual([]);
  });

  it('[AUTH-1] [ACC-9] gemini: the key in the query is read, and goes no further', async () => {
    const path = `/v1beta/models/${MODELS.gemini}:generateContent?key=${GEMINI_KEY}&fields=candidates`;
    const body = JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }] });
    const answer = await fetch(gateway + path, { method: 'POST', body });
    expect([answer.status, simulator.requests.at(-1)?.path]).toEqual([200, path.split('?')[0]]);
  });

  it.each([
    ['%zz', 400],
    ['', 400],
    ['x'.repeat(300), 400],
    ['a%2Fb%3Fc', 200],
  ])('[REQ-4] gemini: the model %s in the path', async (model, status) => {
    const answer = await gemini({ model });
    expect(answer.status).toBe(status);
    if (status === 200)
      expect(simulator.requests.at(-1)?.path).toBe('/v1beta/models/a%2Fb%3Fc:generateContent');
    else
      expect(await answer.json()).toMatchObject({
        error: { message: expect.stringContaining('model') as string },
      });
  });

  it('[API-6] gemini: models, listed and one by one', async () => {
    const get = async (path: string) => {
      const answer = await fetch(gateway + path, { headers: { 'x-goog-api-key': GEMINI_KEY } });
      return (await answer.json()) as {
        models?: { name: string }[];
        name?: string;
        error?: { code: number };
      };
    };
    const { models = [] } = await get('/v1beta/models?pageSize=1000');
    expect(models.map(({ name }) => name)).toContain('models/house');
    expect(await get('/v1beta/models/house')).toMatchObject({ name: 'models/house' });
    expect((await get('/v1beta/models/none')).error?.code).toBe(404);
  });

  it('[LIM-6] pings that every client of the protocol passes over', async () => {
    simulator.setScript(() => ({ delayHeadersMs: 5_600 }));
    const [chatText, sse, array] = await Promise.all([
      chat({}).then((answer) => answer.text()),
      gemini({ stream: true }).then((answer) => answer.text()),
      gemini({ stream: true, query: '' }).then((answer) => answer.text()),
    ]);
    expect([chatText.startsWith(': ping\n\n'), sse.startsWith(': ping\n\n')]).toEqual([true, true]);
    expect([array.startsWith('\n['), Array.isArray(JSON.parse(array))]).toEqual([true, true]);
  });

  it('[LIM-6] [REQ-2] after a ping the upstream’s error is an event', async () => {
    simulator.setScript(() => ({ delayHeadersMs: 5_600, status: 400 }));
    const [chatAnswer, array] = await Promise.all([chat({}), gemini({ stream: true, query: '' })]);
    expect(chatAnswer.status).toBe(200);
    expect(await chatAnswer.text()).toMatch(
      /data: \{"error":\{"message":"The simulator was told to fail\."/u,
    );
    expect(await array.json()).toMatchObject([{ error: { code: 400 } }]);
  });
});
