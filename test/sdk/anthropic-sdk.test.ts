import Anthropic from '@anthropic-ai/sdk';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { createSdk, KEY, MODEL } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';

const hello = { model: MODEL, max_tokens: 64, messages: [{ role: 'user' as const, content: 'Say hello.' }] };
const tool = {
  name: 'get_weather',
  description: 'Weather of a city',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
};

/** The official Anthropic SDK is the oracle: what it does against Anthropic, it does against us (API-8). */
describe.each(TOPOLOGIES)('Anthropic SDK, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;
  let sdk: Anthropic;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }),
    );
    sdk = createSdk(topology.gateways.at(-1) ?? '');
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  it('[API-8] plain', async () => {
    const message = await sdk.messages.create(hello);
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: MODEL,
      stop_reason: 'end_turn',
    });
    expect(message._request_id).toBeTruthy();
  });

  it('[API-8] streamed, event by event and as a whole', async () => {
    const names: string[] = [];
    const stream = sdk.messages.stream(hello).on('streamEvent', (event) => names.push(event.type));
    const text = await stream.finalText();
    expect(text.length).toBeGreaterThan(0);
    expect(names[0]).toBe('message_start');
    expect(names.at(-1)).toBe('message_stop');
    const plain = await sdk.messages.create(hello);
    expect(plain.content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toBe(text);
  });

  it('[API-8] tools: the call, its partial JSON, the result', async () => {
    const stream = sdk.messages.stream({
      ...hello,
      tools: [tool],
      tool_choice: { type: 'tool', name: 'get_weather' },
    });
    let partial = '';
    stream.on('inputJson', (json) => (partial += json));
    const message = await stream.finalMessage();
    const call = message.content.find((block) => block.type === 'tool_use');
    expect(message.stop_reason).toBe('tool_use');
    expect(JSON.parse(partial)).toEqual(call?.input);
    const answer = await sdk.messages.create({
      ...hello,
      tools: [tool],
      messages: [
        ...hello.messages,
        { role: 'assistant', content: message.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'Sunny' }] },
      ],
    });
    expect(answer.stop_reason).toBe('end_turn');
  });

  it('[API-8] errors arrive as the SDK’s own classes', async () => {
    const wrongKey = createSdk(topology.gateways[0] ?? '', 'sk-wrong-0123456789abcdef');
    await expect(wrongKey.messages.create(hello)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    simulator.setScript(() => ({ status: 429, headers: { 'retry-after': '1' } }));
    await expect(sdk.messages.create(hello)).rejects.toBeInstanceOf(Anthropic.RateLimitError);
    await clearAccountMemory(topology.admin);
    simulator.setScript(() => ({ status: 400 }));
    await expect(sdk.messages.create(hello)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    simulator.setScript(() => ({ errorEventAfter: 5 }));
    await expect(sdk.messages.stream(hello).finalMessage()).rejects.toThrow(Anthropic.APIError);
    simulator.setScript(() => null);
    // What it said in the middle of the stream, it said of itself.
    await clearAccountMemory(topology.admin);
  });

  it('[API-8] the SDK’s own retry succeeds after a 429', async () => {
    const retrying = new Anthropic({ baseURL: topology.gateways[0] ?? '', apiKey: KEY, maxRetries: 2 });
    let calls = 0;
    simulator.setScript(() => ((calls += 1) === 1 ? { status: 429, headers: { 'retry-after': '0' } } : null));
    expect((await retrying.messages.create(hello)).type).toBe('message');
    simulator.setScript(() => null);
  });

  it('[API-8] abort in the middle of a stream', async () => {
    simulator.setScript(() => ({ endless: true, delayEventsMs: 10 }));
    const stream = sdk.messages.stream(hello);
    stream.once('text', () => stream.abort());
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    for (let tries = 0; tries < 100 && simulator.openRequests > 0; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(simulator.openRequests).toBe(0);
    simulator.setScript(() => null);
  });

  it('[API-5] count_tokens', async () => {
    const { input_tokens } = await sdk.messages.countTokens({
      model: MODEL,
      messages: hello.messages,
      tools: [tool],
    });
    expect(input_tokens).toBeGreaterThan(0);
  });

  it('[API-6] models, listed with paging and one by one', async () => {
    const ids: string[] = [];
    for await (const model of sdk.models.list({ limit: 3 })) ids.push(model.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(MODEL);
    expect((await sdk.models.retrieve(MODEL)).id).toBe(MODEL);
    await expect(sdk.models.retrieve('no-such-model')).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });
});
