import { describe, expect, it } from 'vitest';
import type { WireProtocol } from './conversation/wire-protocol.ts';
import { translateRequest } from './translate-request.ts';

type Json = Record<string, unknown>;

function translate(
  body: object,
  from: WireProtocol,
  to: WireProtocol,
  upstreamModel = 'gpt-4o',
): { body: Json; dropped: readonly string[] } {
  const options = { from, to, upstreamModel, stream: false, outputTokensMax: null };
  const result = translateRequest(Buffer.from(JSON.stringify(body)), options);
  if (!result.ok) throw new Error(result.message);
  return { body: JSON.parse(Buffer.from(result.body).toString()) as Json, dropped: result.dropped };
}

const messages = [{ role: 'user', content: 'Hello' }];

/** What one vendor takes and the other answers 400 to. Each was found by the rules of the simulator. */
describe('demands of OpenAI', () => {
  const ask = (input_schema: object, more: object = {}) =>
    translate(
      { max_tokens: 9, messages, tools: [{ name: 'f', input_schema, ...more }] },
      'messages',
      'responses',
    );
  const readTool = ({ body }: { body: Json }): Json => (body['tools'] as Json[])[0] ?? {};

  it('a function names its fields, also where it has none', () => {
    expect(readTool(ask({ type: 'object' }))).toMatchObject({
      parameters: { type: 'object', properties: {} },
    });
  });

  it('an array says of what it is one, at any depth; all else stays', () => {
    const list = { type: 'array', items: { type: 'array', description: 'inner' } };
    const schema = {
      type: 'object',
      properties: { list, n: { type: 'integer', minimum: 1 } },
      required: ['n'],
    };
    const items = { type: 'array', description: 'inner', items: {} };
    expect(readTool(ask(schema))['parameters']).toEqual({
      ...schema,
      properties: { list: { type: 'array', items }, n: { type: 'integer', minimum: 1 } },
    });
  });

  it('strict goes on only with a schema that OpenAI takes for it', () => {
    const closed = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
    const open = ask(closed, { strict: true });
    expect([readTool(open)['strict'], open.dropped]).toEqual([false, ['tool-strict']]);
    const whole = ask({ ...closed, required: ['a'] }, { strict: true });
    expect([readTool(whole)['strict'], whole.dropped]).toEqual([true, []]);
  });

  it('choices at the root of a function’s input become its fields', () => {
    const parametersJsonSchema = {
      type: 'object',
      anyOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: { type: 'string' } } }],
    };
    const body = {
      contents: [{ role: 'user', parts: [{ text: 'x' }] }],
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }],
    };
    const joined = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } };
    expect(readTool(translate(body, 'gemini', 'responses'))['parameters']).toEqual(joined);
    const anthropic = readTool(translate(body, 'gemini', 'messages', 'claude-sonnet-4-5'));
    expect(anthropic['input_schema']).toEqual(joined);
  });

  it('JSON is asked for in words where nobody did, in the input: instructions do not count', () => {
    const format = { response_format: { type: 'json_object' } };
    const system = { role: 'system', content: 'Answer in JSON.' };
    const { body } = translate({ messages: [system, ...messages], ...format }, 'chat', 'responses');
    expect(JSON.stringify(body['input'])).toContain('JSON object');
    const spoken = [{ role: 'user', content: 'Give me json.' }];
    const said = translate({ messages: spoken, ...format }, 'chat', 'responses');
    expect(said.body['input']).toHaveLength(1);
    const config = { generationConfig: { responseMimeType: 'application/json' } };
    const google = translate({ contents: [{ parts: [{ text: 'x' }] }], ...config }, 'gemini', 'chat');
    expect(google.body['messages']).toMatchObject([
      { role: 'system', content: expect.stringContaining('JSON object') as string },
      {},
    ]);
  });

  it('an empty conversation is no empty list', () => {
    expect(translate({ max_tokens: 9, messages: [] }, 'messages', 'chat').body['messages']).toHaveLength(1);
  });
});

describe('demands of Anthropic', () => {
  it('a tool loop goes without a budget of thinking, also where the user has spoken behind the result', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const history = [
      ...messages,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      { role: 'user', content: 'And?' },
    ];
    const body = { messages: history, reasoning_effort: 'high', max_completion_tokens: 32_000 };
    const { body: sent, dropped } = translate(body, 'chat', 'messages', 'claude-sonnet-4-5');
    expect([sent['thinking'], dropped]).toEqual([undefined, ['reasoning']]);
  });
});
