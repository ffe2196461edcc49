import { ApiError, GoogleGenAI } from '@google/genai';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEY } from '../harness/client.ts';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology } from '../harness/topology.ts';

const asked = { model: 'gemini-2.5-flash', contents: 'Say hello.' };

/** The official Google GenAI SDK is the oracle: what it does against Google, it does against us (API-8). */
describe('Google GenAI SDK', () => {
  let simulator: Simulator;
  let topology: Topology;
  const createSdk = (apiKey = KEY, apiVersion?: string) =>
    new GoogleGenAI({
      apiKey,
      vertexai: false,
      httpOptions: { baseUrl: topology.gateways[0] ?? '', ...(apiVersion !== undefined && { apiVersion }) },
    });

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      'embedded',
      buildConfig({
        groups: [{ name: 'main', platform: 'gemini', rate_multiplier: '1.0', rpm: 0 }],
        accounts: [{ name: 'a1', platform: 'gemini', base_url: simulator.url }],
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

  it('[API-8] plain and streamed say the same', async () => {
    const plain = await createSdk().models.generateContent(asked);
    expect(plain).toMatchObject({ text: 'You said: Say hello.', modelVersion: asked.model });
    let text = '';
    for await (const chunk of await createSdk().models.generateContentStream(asked)) text += chunk.text ?? '';
    expect(text).toBe(plain.text);
  });

  it('[API-1] the version that it asks for goes up', async () => {
    await createSdk().models.generateContent(asked);
    await createSdk(KEY, 'v1beta').models.generateContent(asked);
    expect(simulator.requests.map(({ path }) => path.split('/')[1])).toEqual(['v1', 'v1beta']);
  });

  it('[API-5] counts tokens', async () => {
    expect((await createSdk().models.countTokens(asked)).totalTokens).toBe(3);
  });

  it('[API-8] errors before and in the stream', async () => {
    const refused = createSdk('sk-wrong-0123456789abcdef').models.generateContent(asked);
    await expect(refused).rejects.toMatchObject({ status: 401 });
    simulator.setScript(() => ({ status: 400 }));
    await expect(createSdk().models.generateContentStream(asked)).rejects.toBeInstanceOf(ApiError);
    for (const script of [{ errorEventAfter: 3 }, { resetAfterEvents: 3, delayEventsMs: 20 }]) {
      simulator.setScript(() => ({ ...script, text: 'a long text '.repeat(20) }));
      const stream = await createSdk().models.generateContentStream(asked);
      await expect(drain(stream)).rejects.toBeInstanceOf(ApiError);
      await clearAccountMemory(topology.admin);
    }
  });

  it('[LIM-6] passes over pings', async () => {
    simulator.setScript(() => ({ delayHeadersMs: 5_600 }));
    let text = '';
    for await (const chunk of await createSdk().models.generateContentStream(asked)) text += chunk.text ?? '';
    expect(text).toBe('You said: Say hello.');
  });

  it('[API-6] models', async () => {
    const names: string[] = [];
    for await (const model of await createSdk().models.list()) names.push(model.name ?? '');
    expect(names).toContain(`models/${asked.model}`);
    expect((await createSdk().models.get({ model: asked.model })).name).toBe(`models/${asked.model}`);
  });
});

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
