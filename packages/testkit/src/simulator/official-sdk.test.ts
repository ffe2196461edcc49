import Anthropic, { RateLimitError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildScriptKey, type Script } from './script.ts';
import { startSimulator, type Simulator } from './start-simulator.ts';

const REQUEST = {
  model: 'claude-sonnet-5-5',
  max_tokens: 256,
  messages: [{ role: 'user' as const, content: 'Héllo from the SDK' }],
};

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());

function connect(script: Script = {}) {
  return new Anthropic({ apiKey: buildScriptKey(script), baseURL: simulator.url, maxRetries: 0 });
}

describe('[API-8] the official SDK on the simulator', () => {
  it('adds a stream up to the same message as the plain answer, one byte a chunk', async () => {
    const streamed = await connect({ chunkBytes: 1 }).messages.stream(REQUEST).finalMessage();
    const plain = await connect().messages.create(REQUEST);
    expect(streamed.content).toEqual([{ type: 'text', text: 'You said: Héllo from the SDK' }]);
    expect({ ...streamed, id: '' }).toMatchObject({ ...plain, id: '' });
    expect(plain.usage).toMatchObject({ input_tokens: 5, output_tokens: 7 });
  });

  it('gets the tool call in pieces', async () => {
    const tools = [{ name: 'look_up', input_schema: { type: 'object' as const } }];
    const message = await connect()
      .messages.stream({ ...REQUEST, tools, tool_choice: { type: 'tool', name: 'look_up' } })
      .finalMessage();
    expect(message.content).toMatchObject([{ type: 'tool_use', name: 'look_up', input: { limit: 3 } }]);
    expect(message.stop_reason).toBe('tool_use');
  });

  it('sees errors as the provider sends them, before the stream and inside it', async () => {
    await expect(connect({ status: 429 }).messages.create(REQUEST)).rejects.toBeInstanceOf(RateLimitError);
    const broken = connect({ errorEventAfter: 5 }).messages.stream(REQUEST).finalMessage();
    await expect(broken).rejects.toThrow('overloaded_error');
  });

  it('counts tokens and lists models', async () => {
    const { model, messages } = REQUEST;
    expect(await connect().messages.countTokens({ model, messages })).toMatchObject({ input_tokens: 5 });
    const ids: string[] = [];
    for await (const entry of connect().models.list()) ids.push(entry.id);
    expect(ids).toHaveLength(3);
  });
});
