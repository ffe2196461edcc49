import { describe, expect, it } from 'vitest';
import { findRequestFault, type RuledProtocol } from './check-request.ts';

type Body = Record<string, unknown>;
/** Changes the sound request in one way; what the provider says to it; the model, where it matters. */
type Row = [title: string, change: Body, words: RegExp, model?: string];

const CALL_A = { type: 'tool_use', id: 't1', name: 'f', input: {} };
const RESULT_A = { type: 'tool_result', tool_use_id: 't1', content: 'ok' };
const USER = { role: 'user', content: 'Hello' };
const say = (role: string, ...content: object[]) => ({ role, content });
const TOOL_A = { name: 'f', input_schema: { type: 'object' } };

const CALL_C = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
const calls = (...tool_calls: object[]) => ({ role: 'assistant', content: null, tool_calls });
const RESULT_C = { role: 'tool', tool_call_id: 'c1', content: 'ok' };
const toolC = (parameters: object, strict = false) => ({
  tools: [{ type: 'function', function: { name: 'f', parameters, strict } }],
});

const CALL_R = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
const RESULT_R = { type: 'function_call_output', call_id: 'c1', output: 'ok' };
const message = (role: string, type: string) => ({ type: 'message', role, content: [{ type, text: 'x' }] });

const CALL_G = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };
const answer = (...names: string[]) => ({
  role: 'user',
  parts: names.map((name) => ({ functionResponse: { name, response: {} } })),
});
const USER_G = { role: 'user', parts: [{ text: 'Hello' }] };
const declare = (parameters: object) => ({ tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] });
const config = (generationConfig: object) => ({ generationConfig });

const SOUND: Readonly<Record<RuledProtocol, Body>> = {
  messages: { model: 'm', max_tokens: 100, messages: [USER] },
  chat: { model: 'm', messages: [USER] },
  responses: { model: 'm', input: [{ role: 'user', content: 'Hello' }] },
  gemini: { contents: [USER_G] },
};

const ROWS: Readonly<Record<RuledProtocol, Row[]>> = {
  messages: [
    ['an unknown field', { surprise: 1 }, /^surprise: Extra inputs are not permitted$/u],
    [
      'an unknown field of a block',
      { messages: [say('user', { type: 'text', text: 'x', a: 1 })] },
      /content\.0\.a: Extra/u,
    ],
    ['no max_tokens', { max_tokens: undefined }, /max_tokens: Field required/u],
    ['no messages', { messages: [] }, /at least one message/u],
    ['empty text', { messages: [say('user', { type: 'text', text: ' ' })] }, /non-whitespace/u],
    ['empty content', { messages: [say('user')] }, /non-empty content/u],
    ['the assistant first', { messages: [say('assistant', { type: 'text', text: 'x' })] }, /first message/u],
    [
      'a system role without the beta',
      { messages: [USER, { role: 'system', content: 'x' }] },
      /Unexpected role/u,
    ],
    ['a call without result', { messages: [USER, say('assistant', CALL_A), USER] }, /without `tool_result`/u],
    ['a call at the end', { messages: [USER, say('assistant', CALL_A)] }, /without `tool_result`/u],
    ['a result without call', { messages: [say('user', RESULT_A)] }, /unexpected `tool_use_id`/u],
    [
      'a result behind a text',
      { messages: [USER, say('assistant', CALL_A), say('user', { type: 'text', text: 'x' }, RESULT_A)] },
      /unexpected `tool_use_id`/u,
    ],
    [
      'one id twice',
      { messages: [USER, say('assistant', CALL_A, CALL_A), say('user', RESULT_A)] },
      /must be unique/u,
    ],
    [
      'an id with a dot',
      { messages: [USER, say('assistant', { ...CALL_A, id: 'a.b' }), say('user', RESULT_A)] },
      /should match pattern/u,
    ],
    [
      'input that is text',
      { messages: [USER, say('assistant', { ...CALL_A, input: 'x' })] },
      /valid dictionary/u,
    ],
    [
      'a budget above max_tokens',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      /greater than `thinking/u,
    ],
    ['a small budget', { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 10 } }, /1024/u],
    [
      'thinking and a temperature',
      { max_tokens: 4000, temperature: 0.5, thinking: { type: 'enabled', budget_tokens: 2000 } },
      /temperature/u,
    ],
    [
      'thinking and a forced tool',
      { tools: [TOOL_A], tool_choice: { type: 'any' }, thinking: { type: 'adaptive' } },
      /forces tool use/u,
    ],
    [
      'a tool loop that lost its thinking',
      {
        max_tokens: 4000,
        thinking: { type: 'enabled', budget_tokens: 2000 },
        messages: [USER, say('assistant', CALL_A), say('user', RESULT_A)],
      },
      /Expected `thinking`/u,
    ],
    ['a high temperature', { temperature: 1.2 }, /temperature/u],
    ['both samplings', { temperature: 1, top_p: 0.5 }, /cannot both/u, 'claude-sonnet-4-5'],
    ['a blank stop', { stop_sequences: ['\n'] }, /non-whitespace/u],
    ['a choice without tools', { tool_choice: { type: 'auto' } }, /while providing/u],
    ['a choice of nothing', { tools: [TOOL_A], tool_choice: { type: 'tool', name: 'g' } }, /not found/u],
    ['two tools of one name', { tools: [TOOL_A, TOOL_A] }, /unique/u],
    ['a schema of a string', { tools: [{ name: 'f', input_schema: { type: 'string' } }] }, /input_schema/u],
    [
      'choices at the root',
      { tools: [{ name: 'f', input_schema: { type: 'object', anyOf: [] } }] },
      /top level/u,
    ],
    [
      'an answer that ends in white space',
      { messages: [USER, { role: 'assistant', content: 'x ' }] },
      /trailing/u,
    ],
    [
      'five cache marks',
      {
        system: Array.from({ length: 5 }, () => ({
          type: 'text',
          text: 'x',
          cache_control: { type: 'ephemeral' },
        })),
      },
      /maximum of 4/u,
    ],
  ],
  chat: [
    ['an unknown field', { surprise: 1 }, /Unknown parameter: 'surprise'/u],
    ['no messages', { messages: [] }, /empty array/u],
    ['a result without call', { messages: [USER, RESULT_C] }, /must be a response to a preceding/u],
    ['a call without result', { messages: [USER, calls(CALL_C), USER] }, /did not have one: c1/u],
    [
      'a word between call and result',
      { messages: [USER, calls(CALL_C), USER, RESULT_C] },
      /did not have one/u,
    ],
    ['an assistant who says nothing', { messages: [{ role: 'assistant', content: null }] }, /got null/u],
    [
      'an empty list of calls',
      { messages: [{ role: 'assistant', content: 'x', tool_calls: [] }] },
      /too short/u,
    ],
    ['a long id', { messages: [calls({ ...CALL_C, id: 'x'.repeat(41) })] }, /length 40/u],
    [
      'a name with a dot',
      { tools: [{ type: 'function', function: { name: 'a.b' } }] },
      /does not match pattern/u,
    ],
    ['a schema without type', toolC({}), /got 'type: "undefined"'/u],
    ['a schema without properties', toolC({ type: 'object' }), /missing properties/u],
    [
      'an array without items',
      toolC({ type: 'object', properties: { a: { type: 'array' } } }),
      /missing items/u,
    ],
    [
      'choices at the root',
      toolC({ type: 'object', properties: {}, anyOf: [] }),
      /'anyOf' at the top level/u,
    ],
    [
      'a strict schema that is open',
      toolC({ type: 'object', properties: {} }, true),
      /additionalProperties/u,
    ],
    [
      'a strict schema with a choice to leave out',
      toolC({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }, true),
      /Missing 'a'/u,
    ],
    ['a choice without tools', { tool_choice: 'required' }, /only allowed when 'tools'/u],
    ['129 tools', { tools: Array.from({ length: 129 }, () => ({ type: 'custom' })) }, /too long/u],
    ['five stops', { stop: ['a', 'b', 'c', 'd', 'e'] }, /too long/u],
    ['JSON that nobody mentions', { response_format: { type: 'json_object' } }, /the word 'json'/u],
    [
      'stream options without stream',
      { stream_options: { include_usage: true } },
      /only allowed when 'stream'/u,
    ],
    ['the old name of the limit', { max_tokens: 5 }, /max_completion_tokens/u, 'gpt-5'],
    ['a temperature', { temperature: 0.5 }, /default \(1\)/u, 'o3'],
    ['an effort', { reasoning_effort: 'low' }, /reasoning_effort/u, 'gpt-4o'],
  ],
  responses: [
    ['an unknown field', { stop: ['x'] }, /Unknown parameter: 'stop'/u],
    ['nothing to answer', { input: [] }, /empty array/u],
    ['an output without call', { input: [RESULT_R] }, /No tool call found .* c1/u],
    ['a call without output', { input: [CALL_R] }, /No tool output found for function call c1/u],
    ['one call id twice', { input: [CALL_R, CALL_R, RESULT_R] }, /Duplicate item/u],
    ['an item id that is no fc', { input: [{ ...CALL_R, id: 'call_1' }, RESULT_R] }, /begins with 'fc'/u],
    ['input of the assistant', { input: [message('assistant', 'input_text')] }, /input\[0\]/u],
    ['output of the user', { input: [message('user', 'output_text')] }, /input\[0\]/u],
    ['15 tokens', { max_output_tokens: 15 }, />= 16/u],
    [
      'JSON in the instructions only',
      { instructions: 'JSON', text: { format: { type: 'json_object' } } },
      /'json'/u,
    ],
    ['a temperature', { temperature: 0.5 }, /not supported/u, 'gpt-5'],
    ['an effort', { reasoning: { effort: 'low' } }, /not supported/u, 'gpt-4o'],
    ['a choice without tools', { tool_choice: 'required' }, /with 'tools'/u],
    [
      'a schema without properties',
      { tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }] },
      /missing properties/u,
    ],
  ],
  gemini: [
    ['an unknown name', { surprise: 1 }, /Unknown name "surprise"/u],
    ['no contents', { contents: [] }, /contents is not specified/u],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }, /parts must not be empty/u],
    ['a part of nothing', { contents: [{ role: 'user', parts: [{}] }] }, /oneof field 'data'/u],
    ['an empty text', { contents: [{ role: 'user', parts: [{ text: '' }] }] }, /something in it/u],
    ['a role of others', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /valid role/u],
    ['a call first', { contents: [CALL_G, answer('f')] }, /immediately after a user turn/u],
    ['a call without response', { contents: [USER_G, CALL_G, USER_G] }, /number of function response parts/u],
    ['a response without call', { contents: [answer('f')] }, /number of function response parts/u],
    ['two responses of one call', { contents: [USER_G, CALL_G, answer('f', 'f')] }, /number of function/u],
    ['another name', { contents: [USER_G, CALL_G, answer('g')] }, /does not match/u],
    [
      'a call without signature',
      { contents: [USER_G, CALL_G, answer('f')] },
      /thought_signature/u,
      'gemini-3-pro',
    ],
    ['$ref', declare({ type: 'OBJECT', properties: { a: { $ref: '#' } } }), /Unknown name "\$ref"/u],
    [
      'additionalProperties',
      declare({ type: 'OBJECT', additionalProperties: false }),
      /additionalProperties/u,
    ],
    ['a list of types', declare({ type: ['STRING', 'NULL'] }), /not repeating/u],
    ['an array without items', declare({ type: 'ARRAY' }), /items: missing field/u],
    ['choices of numbers', declare({ type: 'INTEGER', enum: ['1'] }), /only allowed for STRING/u],
    [
      'references in a circle',
      {
        tools: [
          {
            functionDeclarations: [
              {
                name: 'f',
                parametersJsonSchema: {
                  $ref: '#/$defs/a',
                  $defs: { a: { properties: { b: { $ref: '#/$defs/a' } } } },
                },
              },
            ],
          },
        ],
      },
      /recursive/u,
    ],
    [
      'a name with a slash',
      { tools: [{ functionDeclarations: [{ name: 'a/b' }] }] },
      /Invalid function name/u,
    ],
    [
      'names for a free choice',
      {
        ...declare({ type: 'OBJECT' }),
        toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['f'] } },
      },
      /mode is ANY/u,
    ],
    [
      'a choice without functions',
      { toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
      /without function_decl/u,
    ],
    ['six stops', config({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }), /at most 5/u],
    [
      'a budget that Pro cannot',
      config({ thinkingConfig: { thinkingBudget: 0 } }),
      /budget 0 is invalid/u,
      'gemini-2.5-pro',
    ],
    ['a level', config({ thinkingConfig: { thinkingLevel: 'LOW' } }), /not supported/u, 'gemini-2.5-flash'],
    [
      'JSON with functions',
      { ...declare({ type: 'OBJECT' }), ...config({ responseMimeType: 'application/json' }) },
      /is unsupported/u,
      'gemini-2.5-flash',
    ],
  ],
};

describe.each(Object.keys(ROWS) as RuledProtocol[])('the rules of %s', (protocol) => {
  it('take a plain question', () => {
    expect(findRequestFault(protocol, SOUND[protocol], { model: 'm' })).toBeNull();
  });

  it.each(ROWS[protocol])('refuse %s', (_, change, words, model = 'm') => {
    const body = JSON.parse(JSON.stringify({ ...SOUND[protocol], ...change })) as Body;
    expect(findRequestFault(protocol, body, { model })).toMatch(words);
  });

  it.each([undefined, null, 7, 'text', []])('refuse %j, which is no request', (body) => {
    expect(findRequestFault(protocol, body, { model: 'm' })).toEqual(expect.any(String));
  });
});

describe('version 2026-10-21 of Messages', () => {
  const context = { model: 'm', headers: { 'anthropic-version': '2026-10-21' } };
  it.each([{ temperature: 1 }, { top_p: 1 }, { top_k: 5 }])(
    'refuses %j, which the older one takes',
    (change) => {
      const body = { ...SOUND.messages, ...change };
      expect(findRequestFault('messages', body, context)).toMatch(/Extra inputs are not permitted/u);
      expect(findRequestFault('messages', body, { model: 'm' })).toBeNull();
    },
  );
});
