import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { KEY } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { startTopology, type Topology } from '../harness/topology.ts';

const MODEL = 'gpt-4o';
const QUESTION = 'Grüß Gott 👋';
const SAID = `You said: ${QUESTION}`;
const messages = [{ role: 'user' as const, content: QUESTION }];
const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const CALL = { name: 'read_file', input: { path: 'ä.txt' } };

/** Plain calls of the official SDKs on an oauth account of OpenAI, whose host only streams (API-8). */
describe('official SDKs on accounts whose upstream only streams', () => {
  const random = createSeededRandom('chunks for plain calls');
  let simulator: Simulator;
  let topology: Topology;
  const openai = () => new OpenAI({ baseURL: `${topology.gateways[0]}/v1`, apiKey: KEY, maxRetries: 0 });
  const anthropic = () => new Anthropic({ baseURL: topology.gateways[0] ?? '', apiKey: KEY, maxRetries: 0 });
  const answer = (script: object = {}): void => {
    const chunkSizes = Array.from({ length: 2_000 }, () => 1 + Math.floor(random() * 30));
    simulator.setScript(() => ({ streamOnly: true, chunkSizes, ...script }));
  };

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      'embedded',
      buildConfig({
        groups: [{ name: 'main', platform: 'openai', rate_multiplier: '1.0', rpm: 0 }],
        accounts: [{ name: 'a1', platform: 'openai', kind: 'oauth', base_url: simulator.url }],
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

  it('[API-8] OpenAI’s, responses.create', async () => {
    answer();
    const response = await openai().responses.create({ model: MODEL, input: QUESTION, temperature: 0.2 });
    expect(response).toMatchObject({ object: 'response', status: 'completed', model: MODEL });
    expect(response.output_text).toBe(SAID);
    expect(response.usage?.output_tokens).toBeGreaterThan(0);
  });

  it('[API-8] OpenAI’s, responses.create with a tool', async () => {
    answer({ text: 'I look.', toolCalls: [CALL] });
    const tools = [{ type: 'function' as const, name: CALL.name, parameters, strict: false }];
    const { output } = await openai().responses.create({ model: MODEL, input: QUESTION, tools });
    expect(output.map(({ type }) => type)).toEqual(['message', 'function_call']);
    expect(output[1]).toMatchObject({ name: CALL.name, arguments: JSON.stringify(CALL.input) });
  });

  it('[API-8] OpenAI’s, chat.completions.create', async () => {
    answer({ toolCalls: [CALL] });
    const tools = [{ type: 'function' as const, function: { name: CALL.name, parameters } }];
    const body = { model: MODEL, messages, tools, max_completion_tokens: 500 };
    const { data, response } = await openai().chat.completions.create(body).withResponse();
    expect(data.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: CALL.name, arguments: JSON.stringify(CALL.input) } }] },
    });
    expect(response.headers.get('x-tollgate-dropped')).toBe('max_output_tokens');
    answer();
    const plain = await openai().chat.completions.create({ model: MODEL, messages });
    expect(plain.choices[0]?.message.content).toBe(SAID);
  });

  it('[API-8] Anthropic’s, a plain call as Claude Code makes it', async () => {
    answer({ text: 'I look.', toolCalls: [CALL] });
    const message = await anthropic().messages.create({
      model: MODEL,
      max_tokens: 8_000,
      system: [
        { type: 'text', text: 'You are an agent.', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'Be brief.' },
      ],
      tools: [{ name: CALL.name, input_schema: { ...parameters, type: 'object' as const } }],
      metadata: { user_id: 'user_a_account_b_session_c' },
      messages,
    });
    expect(message).toMatchObject({ type: 'message', model: MODEL, stop_reason: 'tool_use' });
    expect(message.content).toMatchObject([{ text: 'I look.' }, { type: 'tool_use', ...CALL }]);
    expect(simulator.requests.at(-1)?.json).toMatchObject({
      instructions: 'You are an agent.\n\nBe brief.',
      stream: true,
      store: false,
    });
  });

  it('[API-8] Google’s, generateContent', async () => {
    answer();
    const httpOptions = { baseUrl: topology.gateways[0] ?? '' };
    const sdk = new GoogleGenAI({ apiKey: KEY, vertexai: false, httpOptions });
    const { text } = await sdk.models.generateContent({ model: MODEL, contents: QUESTION });
    expect(text).toBe(SAID);
  });

  it('[API-8] [SEL-5] an upstream that fails in its stream is an error of the SDK, not half an answer', async () => {
    answer({ errorEventAfter: 6 });
    await expect(openai().responses.create({ model: MODEL, input: QUESTION })).rejects.toBeInstanceOf(
      OpenAI.InternalServerError,
    );
    await clearAccountMemory(topology.admin);
    await expect(
      anthropic().messages.create({ model: MODEL, max_tokens: 9, messages }),
    ).rejects.toBeInstanceOf(Anthropic.InternalServerError);
  });
});
