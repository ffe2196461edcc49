import { describe, expect, it } from 'vitest';
import type { WireProtocol } from '../conversation/wire-protocol.ts';
import type { JsonObject } from '../json/json-object.ts';
import type { RequestTranslation } from '../request-translation.ts';
import { translateRequest } from '../translate-request.ts';

function translate(
  body: JsonObject,
  from: WireProtocol,
  to: WireProtocol,
  model = 'some-model',
): RequestTranslation {
  const options = { from, to, upstreamModel: model, stream: true, outputTokensMax: 64_000 };
  return translateRequest(Buffer.from(JSON.stringify(body)), options);
}

/** The translated body; a refusal fails the test. */
function read(result: RequestTranslation): JsonObject {
  expect(result).toMatchObject({ ok: true });
  return result.ok ? (JSON.parse(Buffer.from(result.body).toString()) as JsonObject) : {};
}

const READ_TOOL = { type: 'function', name: 'read', parameters: { type: 'object' } };

/** As Codex sends it: everything in the input, free text tools, namespaces, encrypted reasoning. */
const CODEX = {
  model: 'gpt-6',
  store: false,
  stream: true,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: 'thread-1',
  reasoning: { effort: 'high', summary: 'auto' },
  input: [
    {
      type: 'additional_tools',
      tools: [
        {
          type: 'custom',
          name: 'apply_patch',
          description: 'Patches.',
          format: { syntax: 'lark', definition: 'start: x' },
        },
        READ_TOOL,
        { type: 'namespace', name: 'notes', tools: [READ_TOOL, { ...READ_TOOL, name: 'write' }] },
        { type: 'tool_search' },
      ],
    },
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You patch files.' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Patch it.' }] },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
    { type: 'custom_tool_call', call_id: 'call_1', name: 'apply_patch', input: '*** Begin\n' },
    {
      type: 'function_call',
      call_id: 'call_2',
      name: 'read',
      namespace: 'notes',
      arguments: '{"n":12345678901234567890}',
    },
    { type: 'custom_tool_call_output', call_id: 'call_1', output: 'done' },
    { type: 'function_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'note' }] },
  ],
};

describe('[API-3] requests of Responses clients', () => {
  it("Codex's turn becomes one of Messages", () => {
    const result = translate(CODEX, 'responses', 'messages');
    const body = read(result);
    expect(result).toMatchObject({ dropped: ['tool-search', 'thinking-history', 'cache-key'] });
    expect(body['system']).toBe('You patch files.');
    expect(body['messages']).toMatchObject([
      { role: 'user', content: [{ type: 'text', text: 'Patch it.' }] },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'call_1', name: 'apply_patch', input: { input: '*** Begin\n' } },
          { type: 'tool_use', id: 'call_2', name: 'notes__read' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'done' }] },
          { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'note' }] },
        ],
      },
    ]);
    expect((body['tools'] as JsonObject[]).map(({ name }) => name)).toEqual([
      'apply_patch',
      'read',
      'notes__read',
      'write',
    ]);
    expect(JSON.stringify(body['tools'])).toContain('start: x');
  });

  it('numbers beyond 2^53 go through', () => {
    const result = translate(CODEX, 'responses', 'chat');
    expect(result.ok && Buffer.from(result.body).toString()).toContain('12345678901234567890');
  });

  it('what the answer needs is plain data', () => {
    const result = translate(CODEX, 'responses', 'messages');
    expect(result.ok && result.context).toEqual(result.ok && structuredClone(result.context));
    expect(result.ok && result.context.echo).toMatchObject({
      customTools: ['apply_patch'],
      namespaced: {
        notes__read: { name: 'read', namespace: 'notes' },
        write: { name: 'write', namespace: 'notes' },
      },
      fields: { reasoning: { effort: 'high' }, store: false },
    });
  });

  it('large tools are not repeated in every event', () => {
    const tools = [{ ...READ_TOOL, description: 'x'.repeat(50_000) }];
    const result = translate({ input: 'Hello', tools }, 'responses', 'chat');
    expect(result.ok && JSON.stringify(result.context).length).toBeLessThan(2_000);
  });

  it.each([
    [{ input: 'x', previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'input.0'],
    [{ input: 'x', background: true }, 'background'],
    [{ input: 'x', tool_choice: 'sometimes' }, 'tool_choice'],
    [{ input: 'x', tool_choice: { type: 'mcp' } }, 'tool_choice'],
    [{ input: [{ type: 'message', role: 'alien', content: 'x' }] }, 'input.0.role'],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, 'input.0.call_id'],
  ])('%j is refused, and the field is named', (body, param) => {
    expect(translate(body, 'responses', 'messages')).toMatchObject({ ok: false, param });
  });
});

const HISTORY = {
  max_tokens: 5,
  system: [
    { type: 'text', text: 'One.' },
    { type: 'text', text: 'Two.' },
  ],
  tools: [{ name: 'mcp/look up', input_schema: { type: 'object' } }],
  messages: [
    { role: 'user', content: 'Look.' },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'So.' },
        { type: 'tool_use', id: 'toolu_1', name: 'mcp/look up', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'And?' },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } }],
        },
      ],
    },
    { role: 'system', content: 'Be brief.' },
  ],
};

describe('[API-3] requests to a Responses upstream', () => {
  it('items without ids, results behind their calls, nothing stored', () => {
    const result = translate(HISTORY, 'messages', 'responses', 'gpt-5');
    const body = read(result);
    const [tool] = body['tools'] as { name: string; strict: boolean }[];
    expect(body).toMatchObject({
      store: false,
      stream: true,
      instructions: 'One.\n\nTwo.',
      max_output_tokens: 16,
    });
    expect(tool).toMatchObject({ name: expect.stringMatching(/^[a-zA-Z0-9_-]{1,64}$/u), strict: false });
    expect(result.ok && result.context.toolNames).toEqual({ [tool?.name ?? '']: 'mcp/look up' });
    expect(body['input']).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Look.' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'So.' }] },
      { type: 'function_call', call_id: 'toolu_1', name: tool?.name, arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'toolu_1',
        output: [{ type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'auto' }],
      },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'And?' }] },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
    ]);
  });

  it('an empty conversation still has an item', () => {
    expect(read(translate({ messages: [] }, 'messages', 'responses'))['input']).toHaveLength(1);
  });
});
