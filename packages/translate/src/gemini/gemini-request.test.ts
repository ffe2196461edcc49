import { describe, expect, it } from 'vitest';
import type { WireProtocol } from '../conversation/wire-protocol.ts';
import type { JsonObject } from '../json/json-object.ts';
import type { RequestTranslation, RequestTranslationOptions } from '../request-translation.ts';
import { translateRequest } from '../translate-request.ts';

function translate(
  body: JsonObject,
  from: WireProtocol,
  to: WireProtocol,
  more: Partial<RequestTranslationOptions> = {},
): RequestTranslation {
  const options = { from, to, upstreamModel: 'gemini-2.5-pro', stream: true, outputTokensMax: null, ...more };
  return translateRequest(Buffer.from(JSON.stringify(body)), options);
}

/** The translated body; a refusal fails the test. */
function read(result: RequestTranslation): JsonObject {
  expect(result).toMatchObject({ ok: true });
  return result.ok ? (JSON.parse(Buffer.from(result.body).toString()) as JsonObject) : {};
}

const call = (name: string, args: JsonObject, id?: string): JsonObject => ({
  function_call: { name, args, ...(id !== undefined && { id }) },
});
const response = (name: string, value: JsonObject): JsonObject => ({
  function_response: { name, response: value },
});

describe('[API-3] requests of Gemini clients', () => {
  it('both spellings of keys, and nothing inside of arguments is spelled anew', () => {
    const body = read(
      translate(
        {
          system_instruction: { parts: [{ text: 'Be brief.' }] },
          contents: [
            { parts: [{ text: 'Go.' }] },
            {
              role: 'model',
              parts: [{ ...call('look_up', { snake_key: 1 }, 'c1'), thought_signature: 'AA' }],
            },
            {
              role: 'user',
              parts: [{ functionResponse: { id: 'c1', name: 'look_up', response: { some_key: [1] } } }],
            },
          ],
          tools: [
            {
              function_declarations: [
                {
                  name: 'look_up',
                  parameters: {
                    type: 'OBJECT',
                    properties: { snake_key: { type: 'INTEGER', nullable: true } },
                  },
                },
              ],
            },
          ],
          generation_config: { max_output_tokens: 100, stop_sequences: ['x'] },
        },
        'gemini',
        'messages',
      ),
    );
    expect(body).toMatchObject({
      system: 'Be brief.',
      max_tokens: 100,
      stop_sequences: ['x'],
      tools: [
        {
          name: 'look_up',
          input_schema: { type: 'object', properties: { snake_key: { type: ['integer', 'null'] } } },
        },
      ],
      messages: [
        { role: 'user' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', input: { snake_key: 1 } }] },
        {
          role: 'user',
          content: [{ tool_use_id: 'c1', content: [{ type: 'text', text: '{"some_key":[1]}' }] }],
        },
      ],
    });
  });

  it('a response with an id of the client’s own answers the call of its name, and no other', () => {
    const contents = (name: string) => [
      { role: 'user', parts: [{ text: 'Go.' }] },
      { role: 'model', parts: [call('f', {})] },
      { role: 'user', parts: [{ function_response: { id: 'f_1700_0', name, response: { output: 'x' } } }] },
    ];
    const { messages } = read(translate({ contents: contents('f') }, 'gemini', 'messages'));
    expect(JSON.stringify(messages).match(/"(?:tool_use_)?id":"call_0"/gu)).toHaveLength(2);
    expect(translate({ contents: contents('g') }, 'gemini', 'messages')).toMatchObject({ ok: false });
  });

  it('calls without ids get dense and stable ones, and are answered in their order', () => {
    const body = {
      contents: [
        { role: 'user', parts: [{ text: 'Go.' }] },
        { role: 'model', parts: [call('a', { n: 1 }), call('b', {}), call('a', { n: 2 })] },
        {
          role: 'user',
          parts: [
            response('a', { output: 'first' }),
            response('a', { output: 'second' }),
            response('b', { error: 'no' }),
          ],
        },
      ],
    };
    const first = read(translate(body, 'gemini', 'messages'));
    expect(read(translate(body, 'gemini', 'messages'))).toEqual(first);
    expect(first['messages']).toMatchObject([
      {},
      { content: [{ id: 'call_0', input: { n: 1 } }, { id: 'call_1' }, { id: 'call_2', input: { n: 2 } }] },
      {
        content: [
          { tool_use_id: 'call_0', content: [{ text: 'first' }] },
          { tool_use_id: 'call_2', content: [{ text: 'second' }] },
          { tool_use_id: 'call_1', content: [{ text: 'no' }], is_error: true },
        ],
      },
    ]);
  });

  it.each([
    [{ contents: [{ role: 'user', parts: [response('a', {})] }] }, 'contents.0.parts.0.functionResponse'],
    [{ contents: [{ role: 'system', parts: [] }] }, 'contents.0.role'],
    [{ contents: [{ parts: [{ text: 7 }] }] }, 'contents.0.parts.0.text'],
    [{}, 'contents'],
    [{ contents: [], tools: [{ urlContext: {} }] }, 'tools.0.urlContext'],
    [{ contents: [], generationConfig: { maxOutputTokens: 'many' } }, 'generationConfig.maxOutputTokens'],
  ])('%j is refused, and the field is named', (body, param) => {
    expect(translate(body, 'gemini', 'messages')).toMatchObject({ ok: false, param });
  });
});

const TOOL = {
  name: 'mcp/x',
  input_schema: {
    type: 'object',
    properties: { a: { $ref: '#/$defs/s', const: 'x' } },
    $defs: { s: { type: 'string' } },
  },
};
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } };
const CALLS = {
  tools: [TOOL],
  messages: [
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 't1', name: 'mcp/x', input: {} },
        { type: 'tool_use', id: 't2', name: 'b', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Then?' },
        { type: 'tool_result', tool_use_id: 't2', is_error: true, content: 'broken' },
        { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'ok' }, IMAGE] },
      ],
    },
  ],
};

describe('[API-3] requests to a Gemini upstream', () => {
  it('user first, responses in the order of their calls and apart from words, media behind them', () => {
    const result = translate(CALLS, 'messages', 'gemini');
    const { contents } = read(result);
    const name = result.ok ? Object.keys(result.context.toolNames)[0] : '';
    expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/u);
    expect(contents).toEqual([
      { role: 'user', parts: [{ text: '(empty)' }] },
      {
        role: 'model',
        parts: [
          { functionCall: { id: 't1', name, args: {} } },
          { functionCall: { id: 't2', name: 'b', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 't1', name, response: { output: 'ok' } } },
          { functionResponse: { id: 't2', name: 'b', response: { error: 'broken' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { text: '(result of function call t1)' },
          { inlineData: { mimeType: 'image/png', data: 'AA' } },
          { text: 'Then?' },
        ],
      },
    ]);
  });

  it('[SEL-7] Gemini 3 is told of calls that it did not sign, and takes media in responses', () => {
    const { contents } = read(
      translate(CALLS, 'messages', 'gemini', { upstreamModel: 'gemini-3-pro-preview' }),
    );
    expect(contents).toMatchObject([
      {},
      { parts: [{ thoughtSignature: 'skip_thought_signature_validator' }, { functionCall: { id: 't2' } }] },
      { parts: [{ functionResponse: { parts: [{ inlineData: { data: 'AA' } }] } }, {}] },
      { parts: [{ text: 'Then?' }] },
    ]);
    expect(JSON.stringify(contents).match(/skip_thought/gu)).toHaveLength(1);
  });

  it('schemas in the form of the public API, or in the stricter one of code-assist', () => {
    const [open] = read(translate(CALLS, 'messages', 'gemini'))['tools'] as JsonObject[];
    const [strict] = read(translate(CALLS, 'messages', 'gemini', { isCodeAssist: true }))[
      'tools'
    ] as JsonObject[];
    const schema = { type: 'object', properties: { a: { type: 'string', enum: ['x'] } } };
    expect(open).toMatchObject({ functionDeclarations: [{ parametersJsonSchema: schema }] });
    expect(strict).toMatchObject({ functionDeclarations: [{ parameters: schema }] });
    expect(JSON.stringify(strict)).not.toContain('JsonSchema');
  });

  it.each([
    ['gemini-2.5-pro', { budget_tokens: 2000 }, { thinkingBudget: 2000, includeThoughts: true }],
    ['gemini-2.5-flash', { budget_tokens: 90_000 }, { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-3-pro-preview', { budget_tokens: 2000 }, { thinkingLevel: 'LOW', includeThoughts: true }],
    ['claude-sonnet-4-5-thinking', { budget_tokens: 5000 }, { thinkingBudget: 5000, includeThoughts: true }],
    ['gemini-2.0-flash', { budget_tokens: 2000 }, undefined],
  ])('%s thinks as it can', (upstreamModel, thinking, expected) => {
    const body = { messages: [{ role: 'user', content: 'x' }], thinking: { type: 'enabled', ...thinking } };
    const result = translate(body, 'messages', 'gemini', { upstreamModel });
    const config = read(result)['generationConfig'] as JsonObject | undefined;
    expect(config?.['thinkingConfig']).toEqual(expected);
    expect(result.ok && result.dropped).toEqual(expected === undefined ? ['reasoning'] : []);
  });

  it('Claude behind Google keeps Anthropic’s rules: a budget below the output, none in a tool loop', () => {
    const model = { upstreamModel: 'claude-sonnet-4-5-thinking', isCodeAssist: true };
    const asked = { model: 'x', messages: [{ role: 'user', content: 'x' }], reasoning_effort: 'high' };
    const budget = (result: RequestTranslation) =>
      (read(result)['generationConfig'] as JsonObject | undefined)?.['thinkingConfig'];
    const chat = (fields: JsonObject) => translate({ ...asked, ...fields }, 'chat', 'gemini', model);
    expect(budget(chat({}))).toEqual({ thinkingBudget: 24_576, includeThoughts: true });
    expect(budget(chat({ max_tokens: 10_000 }))).toEqual({ thinkingBudget: 8000, includeThoughts: true });
    const loop = translate(
      { ...CALLS, thinking: { type: 'enabled', budget_tokens: 2000 } },
      'messages',
      'gemini',
      model,
    );
    for (const result of [chat({ max_tokens: 1000 }), loop]) {
      expect(budget(result)).toBeUndefined();
      expect(result.ok && result.dropped).toContain('reasoning');
    }
  });

  it('what older models refuse together is left out, and said so', () => {
    const body = {
      messages: [{ role: 'user', content: 'x' }],
      tools: [TOOL, { type: 'web_search_20250305', name: 'web_search' }],
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    };
    const result = translate(body, 'messages', 'gemini');
    expect(result).toMatchObject({ ok: true, dropped: ['web-search', 'json-schema'].toSorted() });
  });
});
