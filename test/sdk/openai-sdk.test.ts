import { startSimulator, type Simulator } from '@tollgate/testkit';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEY } from '../harness/client.ts';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology } from '../harness/topology.ts';

const MODEL = 'gpt-4o';
const chat = { model: MODEL, messages: [{ role: 'user' as const, content: 'Say hello.' }] };
const response = { model: MODEL, input: 'Say hello.' };

/** The official OpenAI SDK is the oracle: what it does against OpenAI, it does against us (API-8). */
describe('OpenAI SDK', () => {
  let simulator: Simulator;
  let topology: Topology;
  const createSdk = (apiKey = KEY) =>
    new OpenAI({ baseURL: `${topology.gateways[0]}/v1`, apiKey, maxRetries: 0, timeout: 30_000 });

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      'embedded',
      buildConfig({
        groups: [{ name: 'main', platform: 'openai', rate_multiplier: '1.0', rpm: 0 }],
        accounts: [{ name: 'a1', platform: 'openai', base_url: simulator.url }],
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

  it('[API-8] chat: plain and streamed say the same', async () => {
    const plain = await createSdk().chat.completions.create(chat);
    expect(plain).toMatchObject({ model: MODEL, object: 'chat.completion' });
    let text = '';
    for await (const chunk of await createSdk().chat.completions.create({ ...chat, stream: true })) {
      expect(chunk.choices).toHaveLength(1);
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(plain.choices[0]?.message.content);
  });

  it('[API-8] [MON-8] chat: usage for who asks', async () => {
    const options = { ...chat, stream: true as const, stream_options: { include_usage: true } };
    let usage: object | null | undefined;
    for await (const chunk of await createSdk().chat.completions.create(options)) usage = chunk.usage;
    expect(usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 5 });
  });

  it('[API-8] responses: plain and streamed say the same', async () => {
    const plain = await createSdk().responses.create(response);
    const streamed = await createSdk().responses.stream(response).finalResponse();
    expect([plain.status, streamed.status]).toEqual(['completed', 'completed']);
    expect(plain.output_text).toBe('You said: Say hello.');
    expect(streamed.output_text).toBe(plain.output_text);
  });

  it('[API-8] errors arrive as the SDK’s own classes', async () => {
    const sdk = createSdk();
    await expect(createSdk('sk-wrong-0123456789abcdef').chat.completions.create(chat)).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    simulator.setScript(() => ({ status: 400 }));
    await expect(sdk.responses.create(response)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    simulator.setScript(() => ({ status: 429 }));
    await expect(sdk.responses.create(response)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await clearAccountMemory(topology.admin);
    for (const script of [{ errorEventAfter: 5 }, { resetAfterEvents: 5, delayEventsMs: 5 }]) {
      simulator.setScript(() => ({ ...script, text: 'a long text '.repeat(20) }));
      await expect(
        drain(await sdk.chat.completions.create({ ...chat, stream: true })),
      ).rejects.toBeInstanceOf(OpenAI.APIError);
      await expect(drain(await sdk.responses.create({ ...response, stream: true }))).rejects.toBeInstanceOf(
        OpenAI.APIError,
      );
      await clearAccountMemory(topology.admin);
    }
  });

  it('[API-8] abort in the middle of a stream', async () => {
    simulator.setScript(() => ({ endless: true, delayEventsMs: 10 }));
    const stream = await createSdk().chat.completions.create({ ...chat, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort();
    await expect.poll(() => simulator.openRequests).toBe(0);
  });

  it('[API-6] models', async () => {
    const ids: string[] = [];
    for await (const model of createSdk().models.list()) ids.push(model.id);
    expect(ids).toContain(MODEL);
    expect((await createSdk().models.retrieve(MODEL)).id).toBe(MODEL);
    await expect(createSdk().models.retrieve('no-such-model')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
