import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { translateRequest } from '../translate-request.ts';

const user = { role: 'user', content: 'Hello' };
const PNG = { type: 'base64', media_type: 'image/png', data: 'iVBORw' };
const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };

function build(fields: JsonObject, upstreamModel = 'gpt-4.1') {
  const body = Buffer.from(JSON.stringify({ messages: [user], max_tokens: 100, ...fields }));
  const options = {
    from: 'messages',
    to: 'chat',
    upstreamModel,
    stream: true,
    outputTokensMax: null,
  } as const;
  const result = translateRequest(body, options);
  if (!result.ok) throw new Error(result.message);
  const built: unknown = JSON.parse(Buffer.from(result.body).toString());
  return { body: isObject(built) ? built : {}, dropped: result.dropped };
}

describe('requests to Chat Completions', () => {
  it('[MON-8] a stream always brings its usage', () => {
    expect(build({}).body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it('[API-3] an image in a result follows in a user message, behind all results of the turn', () => {
    const { body } = build({
      messages: [
        user,
        { role: 'assistant', content: [call, { ...call, id: 'toolu_2' }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'image', source: PNG }] },
            { type: 'tool_result', tool_use_id: 'toolu_2', content: 'two' },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
    });
    const list = body['messages'] as JsonObject[];
    expect(list.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user']);
    expect(list[4]?.['content']).toEqual([
      { type: 'text', text: '(result of tool call toolu_1)' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw' } },
      { type: 'text', text: 'And?' },
    ]);
    expect(list[2]?.['content']).toBe('(image: see the next user message)');
  });

  it('a history that ends with a system message keeps it there', () => {
    const { body } = build({
      messages: [
        user,
        { role: 'assistant', content: [call] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }] },
        { role: 'system', content: 'Be brief.' },
      ],
    });
    expect((body['messages'] as JsonObject[]).at(-1)).toEqual({ role: 'system', content: 'Be brief.' });
  });

  it.each([
    ['gpt-5', 'max_completion_tokens'],
    ['o3', 'max_completion_tokens'],
    ['deepseek-chat', 'max_tokens'],
  ])('%s is told its limit by the name that it knows', (model, name) => {
    expect(build({}, model).body[name]).toBe(100);
  });

  it('reasoning models get no sampling and no stops; others get no effort', () => {
    const fields = {
      temperature: 0.3,
      stop_sequences: ['END'],
      thinking: { type: 'enabled', budget_tokens: 2000 },
    };
    const reasoning = build(fields, 'gpt-5.1');
    expect(reasoning.body).toMatchObject({ reasoning_effort: 'low' });
    expect([...reasoning.dropped].toSorted()).toEqual(['stop-sequences', 'temperature']);
    const plain = build(fields, 'gpt-4o');
    expect(plain.body).toMatchObject({ temperature: 0.3, stop: ['END'] });
    expect(plain.dropped).toEqual(['reasoning']);
  });

  it('more than four stops: the rest is dropped, and named', () => {
    const { body, dropped } = build({ stop_sequences: ['a', 'b', 'c', 'd', 'e'] });
    expect([body['stop'], dropped]).toEqual([['a', 'b', 'c', 'd'], ['stop-sequences']]);
  });

  it("Claude Code's forced web search is offered, as no other protocol can force it", () => {
    const { body } = build({
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'tool', name: 'web_search' },
    });
    expect([body['web_search_options'], body['tool_choice'], body['tools']]).toEqual([
      {},
      undefined,
      undefined,
    ]);
  });
});
