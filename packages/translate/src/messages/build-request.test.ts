import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { translateRequest } from '../translate-request.ts';

const user = { role: 'user', content: 'Hello' };
const tool = { type: 'function', function: { name: 'f' } };
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };

function build(fields: JsonObject, model = 'claude-sonnet-4-5', outputTokensMax: number | null = null) {
  const body = Buffer.from(JSON.stringify({ messages: [user], ...fields }));
  const options = { from: 'chat', to: 'messages', upstreamModel: model, stream: false } as const;
  const result = translateRequest(body, { ...options, outputTokensMax });
  if (!result.ok) throw new Error(result.message);
  const built: unknown = JSON.parse(Buffer.from(result.body).toString());
  return { body: isObject(built) ? built : {}, dropped: result.dropped };
}

describe('thinking', () => {
  const asked = { reasoning_effort: 'high', max_completion_tokens: 30_000 };

  it.each([
    ['claude-sonnet-4-5-20250929', { type: 'enabled', budget_tokens: 24_000 }],
    ['claude-opus-4-1', { type: 'enabled', budget_tokens: 24_000 }],
    ['claude-3-7-sonnet-latest', { type: 'enabled', budget_tokens: 24_000 }],
    ['claude-opus-4-6', { type: 'adaptive' }],
    ['claude-sonnet-5', { type: 'adaptive' }],
    ['claude-3-5-haiku-latest', undefined],
  ])('[API-3] %s is told to think as it can be told', (model, thinking) => {
    const { body, dropped } = build(asked, model);
    expect(body['thinking']).toEqual(thinking);
    expect(dropped).toEqual(thinking === undefined ? ['reasoning'] : []);
    expect(body['output_config']).toEqual(thinking?.type === 'adaptive' ? { effort: 'high' } : undefined);
  });

  it('a budget leaves room for the answer, and too little room is no thinking', () => {
    const { body } = build({ reasoning_effort: 'high', max_completion_tokens: 5000 });
    expect(body).toMatchObject({ max_tokens: 5000, thinking: { budget_tokens: 4000 } });
    const stated = {
      contents: [{ parts: [{ text: 'x' }] }],
      generationConfig: { maxOutputTokens: 5000, thinkingConfig: { thinkingBudget: 9000 } },
    };
    const result = translateRequest(Buffer.from(JSON.stringify(stated)), {
      from: 'gemini',
      to: 'messages',
      upstreamModel: 'claude-sonnet-4-5',
      stream: false,
      outputTokensMax: null,
    });
    expect(result.ok && JSON.parse(Buffer.from(result.body).toString())).toMatchObject({
      max_tokens: 5000,
      thinking: { budget_tokens: 4999 },
    });
    const small = build({ reasoning_effort: 'high', max_completion_tokens: 500 });
    expect([small.body['thinking'], small.dropped]).toEqual([undefined, ['reasoning']]);
  });

  it('no thinking beside a forced tool, nor in a tool loop whose thinking is lost', () => {
    const forced = build({ ...asked, tools: [tool], tool_choice: 'required' });
    expect([forced.body['thinking'], forced.dropped]).toEqual([undefined, ['reasoning']]);
    const messages = [
      user,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'x' },
    ];
    const loop = build({ ...asked, tools: [tool], messages });
    expect([loop.body['thinking'], loop.dropped]).toEqual([undefined, ['reasoning']]);
    expect(build({ ...asked, tools: [tool], messages }, 'claude-opus-4-6').body['thinking']).toBeDefined();
  });

  it('thinking takes no sampling', () => {
    const { body, dropped } = build({ ...asked, temperature: 0.2, top_p: 0.5 });
    expect([body['temperature'], body['top_p'], dropped]).toEqual([
      undefined,
      undefined,
      ['temperature', 'top-p'],
    ]);
  });

  it('no effort is no thinking', () => {
    expect(build({ reasoning_effort: 'none' }).body['thinking']).toBeUndefined();
  });
});

describe('limits of Anthropic', () => {
  it('[API-3] always states max_tokens: the client’s, else the model’s, never above it', () => {
    expect(build({}).body['max_tokens']).toBe(8192);
    expect(build({}, 'claude', 64_000).body['max_tokens']).toBe(64_000);
    expect(build({ max_tokens: 100_000 }, 'claude', 64_000).body['max_tokens']).toBe(64_000);
    expect(build({ max_tokens: 10 }, 'claude', 64_000).body['max_tokens']).toBe(10);
  });

  it('temperature ends at 1, and top_p does not stand beside it', () => {
    const { body, dropped } = build({ temperature: 1.7, top_p: 0.9 });
    expect([body['temperature'], body['top_p'], dropped]).toEqual([1, undefined, ['top-p']]);
  });

  it.each(['image/jpg', 'IMAGE/JPEG'])('[API-3] an image as %s is one as Anthropic names it', (type) => {
    const url = `data:${type};base64,AAAA`;
    const { body } = build({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } }],
      },
    ]);
  });

  it('stop sequences of white space are dropped', () => {
    const { body, dropped } = build({ stop: ['\n', 'END'] });
    expect([body['stop_sequences'], dropped]).toEqual([['END'], ['stop-sequences']]);
  });

  it('user first, in alternation, all results of a turn first and in one message', () => {
    const messages = [
      { role: 'assistant', content: 'Hi', tool_calls: [call, { ...call, id: 'call_2' }] },
      { role: 'tool', tool_call_id: 'call_2', content: 'two' },
      { role: 'tool', tool_call_id: 'call_1', content: 'one' },
      user,
      user,
      { role: 'assistant', content: 'Well, ' },
    ];
    const { body } = build({ messages });
    const list = body['messages'] as { role: string; content: JsonObject[] }[];
    expect(list.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(list[2]?.content.map(({ type }) => type)).toEqual(['tool_result', 'tool_result', 'text', 'text']);
    expect(list[3]?.content).toEqual([{ type: 'text', text: 'Well,' }]);
  });

  it('empty and blank texts are left out, and a turn of nothing else says so', () => {
    const { body } = build({ messages: [{ role: 'user', content: '  \n' }] });
    expect(body['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: '(empty)' }] }]);
  });

  it('names of tools that it refuses are fitted, everywhere the same, and come back', () => {
    const named = { name: 'files/read.now', arguments: '{}' };
    const { body } = build({
      tools: [{ type: 'function', function: { name: 'files/read.now' } }],
      tool_choice: { type: 'function', function: { name: 'files/read.now' } },
      messages: [user, { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: named }] }],
    });
    const names = [...JSON.stringify(body).matchAll(/"name":"([^"]+)"/gu)].map(([, name]) => name);
    expect(names).toHaveLength(3);
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toMatch(/^[a-zA-Z0-9_-]{1,128}$/u);
  });
});
