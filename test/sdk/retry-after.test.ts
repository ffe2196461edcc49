import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { startSimulator, type RecordedRequest, type Simulator } from '@tollgate/testkit';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { PLATFORM_MODELS, type TestPlatform } from '../harness/platform-site.ts';
import { startTopology, type Topology } from '../harness/topology.ts';

/** Of the two accounts one is free again in so many seconds, the other not for a minute. Far more than a back-off. */
const SOONEST_S = 4;
const ACCOUNTS = [1, 2];
const PLATFORMS = ['anthropic', 'openai'] as const;
const question = [{ role: 'user' as const, content: 'Say hello.' }];
const keyOf = (platform: TestPlatform) => `sk-${platform}-0123456789abcdef`;
const readAccount = ({ headers }: RecordedRequest): number =>
  Number(/sk-up-(\d)/u.exec(`${headers['x-api-key']} ${headers.authorization}`)?.[1]);

/** Each upstream's 429 in its own protocol; its account tells how long it is limited. */
describe('a client of the other protocol hears of the soonest account', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;
  const times: number[] = [];

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology('embedded', buildSite(simulator.url));
    gateway = topology.gateways[0] ?? '';
  });
  beforeEach(async () => {
    simulator.reset();
    await clearAccountMemory(topology.admin);
    times.length = 0;
    simulator.setScript((request) => {
      times.push(performance.now());
      if (times.length > ACCOUNTS.length) return {};
      return {
        status: 429,
        headers: { 'retry-after': readAccount(request) === 1 ? '60' : String(SOONEST_S) },
      };
    });
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  /** Two refusals, then the account that is free soonest, and not before it is. */
  const expectWaited = () => {
    expect(simulator.requests.map(readAccount)).toEqual([1, 2, 2]);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThan((SOONEST_S - 0.1) * 1_000);
  };
  const options = (platform: TestPlatform, maxRetries: number) => ({
    baseURL: gateway,
    apiKey: keyOf(platform),
    maxRetries,
  });

  it.each([false, true])(
    '[REQ-6] [API-8] Anthropic’s SDK on a group of OpenAI, streamed %s',
    async (stream) => {
      const sdk = new Anthropic(options('openai', 1));
      const body = { model: PLATFORM_MODELS.openai, max_tokens: 64, messages: question };
      const message = stream
        ? await sdk.messages.stream(body).finalMessage()
        : await sdk.messages.create(body);
      expect(message.content).toMatchObject([{ text: 'You said: Say hello.' }]);
      expectWaited();
    },
  );

  it.each(['chat', 'responses'] as const)(
    '[REQ-6] [API-8] OpenAI’s SDK on a group of Anthropic, %s',
    async (protocol) => {
      const sdk = new OpenAI({ ...options('anthropic', 1), baseURL: `${gateway}/v1` });
      const model = PLATFORM_MODELS.anthropic;
      const text =
        protocol === 'chat'
          ? (await sdk.chat.completions.create({ model, messages: question })).choices[0]?.message.content
          : (await sdk.responses.create({ model, input: 'Say hello.' })).output_text;
      expect(text).toBe('You said: Say hello.');
      expectWaited();
    },
  );

  it('[REQ-6] [API-8] without retries both SDKs show the wait', async () => {
    const anthropic = new Anthropic(options('openai', 0));
    const body = { model: PLATFORM_MODELS.openai, max_tokens: 64, messages: question };
    const error: unknown = await anthropic.messages.create(body).catch((thrown: unknown) => thrown);
    if (!(error instanceof Anthropic.RateLimitError)) throw error;
    expect([error.headers.get('retry-after'), error.type]).toEqual([String(SOONEST_S), 'rate_limit_error']);
    times.length = 0;
    const openai = new OpenAI({ ...options('anthropic', 0), baseURL: `${gateway}/v1` });
    const call = openai.responses.create({ model: PLATFORM_MODELS.anthropic, input: 'Say hello.' });
    const refusal: unknown = await call.catch((thrown: unknown) => thrown);
    if (!(refusal instanceof OpenAI.RateLimitError)) throw refusal;
    expect([refusal.headers.get('retry-after'), refusal.code]).toEqual([
      String(SOONEST_S),
      'rate_limit_exceeded',
    ]);
  });

  /** Google's SDK retries by its own delays alone; what it hands on is what gemini-cli reads. */
  it.each(PLATFORMS)(
    '[REQ-6] [API-8] Google’s SDK on a group of %s is told in RetryInfo',
    async (platform) => {
      const sdk = new GoogleGenAI({
        apiKey: keyOf(platform),
        vertexai: false,
        httpOptions: { baseUrl: gateway },
      });
      const call = sdk.models.generateContent({ model: PLATFORM_MODELS[platform], contents: 'Say hello.' });
      await expect(call).rejects.toMatchObject({
        status: 429,
        message: expect.stringMatching(`RESOURCE_EXHAUSTED.*RetryInfo.*"${SOONEST_S}s"`) as string,
      });
    },
  );
});

function buildSite(base_url: string): string {
  return buildConfig({
    groups: PLATFORMS.map((platform) => ({ name: platform, platform, rate_multiplier: '1.0', rpm: 0 })),
    accounts: PLATFORMS.flatMap((platform) =>
      ACCOUNTS.map((priority) => ({
        name: `${platform}-${priority}`,
        platform,
        base_url,
        api_key: `sk-up-${priority}`,
        priority,
        groups: [platform],
      })),
    ),
    keys: PLATFORMS.map((platform) => ({
      user: 'u@example.com',
      name: platform,
      groups: [platform],
      key: keyOf(platform),
    })),
  });
}
