import { describe, expect, it } from 'vitest';
import { listOfferedTools, listToolResults } from './read-tools.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { scriptToolTurn } from './script-tool-turn.ts';

function build(json: unknown): RecordedRequest {
  const body = Buffer.from(JSON.stringify(json) ?? '');
  const rest = { method: 'POST', path: '/', headers: {}, rawHeaders: [], remotePort: 1, wasAborted: false };
  return { ...rest, body, json };
}

const OFFERS: [protocol: string, body: object, names: string[]][] = [
  ['messages', { tools: [{ name: 'a', input_schema: {} }, { name: 'b' }] }, ['a', 'b']],
  ['chat', { tools: [{ type: 'function', function: { name: 'a' } }] }, ['a']],
  ['responses', { tools: [{ type: 'custom', name: 'a' }, { type: 'web_search' }] }, ['a']],
  ['Codex’s item', { input: [{ type: 'additional_tools', tools: [{ name: 'a' }] }] }, ['a']],
  ['a namespace', { tools: [{ type: 'namespace', name: 'n', tools: [{ name: 'a' }] }] }, ['n', 'a']],
  ['gemini', { tools: [{ functionDeclarations: [{ name: 'a' }] }, { googleSearch: {} }] }, ['a']],
  ['none', {}, []],
];

const RESULTS: [protocol: string, body: object, results: object[]][] = [
  [
    'messages, before a system message',
    {
      messages: [
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ text: 'x' }] }] },
        { role: 'system', content: 'y' },
      ],
    },
    [{ callName: 't', text: 'x' }],
  ],
  ['chat', { messages: [{ role: 'tool', tool_call_id: 'c', content: 'x' }] }, [{ callName: 'c', text: 'x' }]],
  [
    'responses',
    {
      input: [
        { type: 'function_call_output', call_id: 'c', output: 'x' },
        { type: 'custom_tool_call_output', call_id: 'd', output: [{ type: 'input_text', text: 'y' }] },
      ],
    },
    [
      { callName: 'c', text: 'x' },
      { callName: 'd', text: 'y' },
    ],
  ],
  [
    'gemini',
    { contents: [{ parts: [{ functionResponse: { name: 'n', response: { output: 'x' } } }] }] },
    [{ callName: 'n', text: 'x' }],
  ],
  ['none', { messages: [{ role: 'user', content: 'x' }], input: 'y' }, []],
];

describe('what a request says of tools', () => {
  it.each(OFFERS)('offered: %s', (_, body, names) => {
    expect(listOfferedTools(build(body))).toEqual(names);
  });

  it.each(RESULTS)('results: %s', (_, body, results) => {
    expect(listToolResults(build(body))).toEqual(results);
  });

  it.each([undefined, null, 1, 'x', [], { tools: 1, input: [null, 2], messages: [[]], contents: {} }])(
    'garbage has neither: %j',
    (json) => {
      expect([listOfferedTools(build(json)), listToolResults(build(json))]).toEqual([[], []]);
    },
  );

  it('a tool turn: the call, then the result; what offers no tools is echoed', () => {
    const call = { name: 'a', input: { b: 1 } };
    const source = scriptToolTurn(call);
    expect(source(build({ tools: [{ name: 'a' }] }))).toEqual({ toolCalls: [call] });
    expect(source(build({ tools: [{ name: 'b' }] }))).toBeNull();
    expect(source(build(RESULTS[1]?.[1]))).toEqual({ text: 'The tool says: x' });
  });
});
