import { describe, expect, it } from 'vitest';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import { isObject } from './json/json-object.ts';
import { buildOptions, translateStream } from './testing/translate-stream.ts';
import type { RequestTranslation } from './request-translation.ts';
import { translateRequest } from './translate-request.ts';

const PAIRS = WIRE_PROTOCOLS.flatMap((from) =>
  WIRE_PROTOCOLS.filter((to) => to !== from).map((to) => [from, to] as const),
);

function translate(body: unknown, from: WireProtocol, to: WireProtocol): RequestTranslation {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const options = { from, to, upstreamModel: 'some-model', stream: false, outputTokensMax: null };
  return translateRequest(bytes, options);
}

function readBody(result: RequestTranslation): string {
  if (!result.ok) throw new Error(`refused: ${result.param} ${result.message}`);
  return Buffer.from(result.body).toString();
}

function readRefusal(result: RequestTranslation): string {
  return result.ok ? '' : result.message;
}

/** A conversation in the protocol's own words: the user speaks, one tool is called, its result comes. */
const CALLING: Partial<
  Record<WireProtocol, (call: { id: string; json: string }, result: { id: string; text: string }) => object>
> = {
  messages: (call, result) => ({
    max_tokens: 100,
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id: call.id, name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: result.id, content: result.text }] },
    ],
  }),
  chat: (call, result) => ({
    messages: [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: call.id, type: 'function', function: { name: 'f', arguments: call.json } }],
      },
      { role: 'tool', tool_call_id: result.id, content: result.text },
    ],
  }),
};

describe.each(PAIRS)('bad requests, %s → %s', (from, to) => {
  it.each(['', 'null', '[]', '"text"', '{"messages":', '\u0000', '{"a":1}{"b":2}'])(
    '[REQ-4] %j is refused',
    (text) => {
      expect(translate(text, from, to)).toMatchObject({ ok: false });
    },
  );

  it.each([
    {},
    { messages: 'hello', input: 7, contents: 'hello' },
    { messages: [7], input: [7], contents: [7] },
    {
      messages: [{ role: 'alien', content: 'x' }],
      input: [{ type: 'alien' }],
      contents: [{ role: 'alien', parts: [] }],
    },
  ])('[REQ-4] %j is refused, and the field is named', (body) => {
    const result = translate(body, from, to);
    expect(result.ok).toBe(false);
    expect(result.ok || result.param).toMatch(/^(?:messages|input|contents)/u);
  });

  it('an empty conversation is one that every upstream takes', () => {
    const body = JSON.parse(readBody(translate({ messages: [], input: [], contents: [] }, from, to)));
    expect(isObject(body)).toBe(true);
  });

  it('nested as deep as can be parsed: an answer, and no crash', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const tool = {
      messages: `{"name":"f","input_schema":${deep}}`,
      chat: `{"function":{"name":"f","parameters":${deep}}}`,
    };
    const declared = `{"functionDeclarations":[{"name":"f","parameters":${deep}}]}`;
    const tools =
      from === 'gemini'
        ? declared
        : (tool[from as 'messages'] ?? `{"type":"function","name":"f","parameters":${deep}}`);
    const result = translate(`{"messages":[],"input":[],"contents":[],"tools":[${tools}]}`, from, to);
    // Gemini's schemas are cut where they are too deep.
    const isCut = result.ok && result.body.length < deep.length / 10;
    expect(isCut ? `${from} ${to}` : readRefusal(result)).toMatch(/gemini|deep/u);
  });
});

describe.each(PAIRS.filter(([from]) => CALLING[from] !== undefined))('bad tools, %s → %s', (from, to) => {
  const build = CALLING[from];

  it('a result without its call is refused', () => {
    const result = translate(build?.({ id: 'call_1', json: '{}' }, { id: 'call_2', text: 'x' }), from, to);
    expect(result).toMatchObject({ ok: false, param: expect.stringMatching(/^(?:messages|input)\.2\./u) });
  });

  it('ids that the target would refuse become others, the same for call and result', () => {
    const id = `weird id/${'x'.repeat(60)}`;
    const body = readBody(translate(build?.({ id, json: '{}' }, { id, text: 'ok' }), from, to));
    const ids = [...body.matchAll(/weird_id_[\w-]*/gu)].map(([match]) => match);
    expect([body.includes(id), new Set(ids).size <= 1, ids.every(({ length }) => length <= 40)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it.each(['NUL \u0000 and half \ud800 a pair', 'line \u2028 ends \u2029.'])(
    'the text %j of a result survives',
    (text) => {
      const body = readBody(
        translate(build?.({ id: 'call_1', json: '{}' }, { id: 'call_1', text }), from, to),
      );
      expect(body).toContain(JSON.stringify(text).slice(1, -1));
    },
  );
});

describe('arguments that are no JSON object', () => {
  it.each(['not json', '[1]', '7', '{"a":', '"text"', 'null'])(
    '%j is wrapped for a target that wants an object',
    (json) => {
      const build = CALLING['chat'];
      const body = readBody(
        translate(build?.({ id: 'c', json }, { id: 'c', text: 'x' }), 'chat', 'messages'),
      );
      expect(body).toContain(`"input":{"malformed_arguments":${JSON.stringify(json)}}`);
    },
  );

  it('no arguments at all are an empty object', () => {
    const build = CALLING['chat'];
    const body = readBody(
      translate(build?.({ id: 'c', json: '' }, { id: 'c', text: 'x' }), 'chat', 'messages'),
    );
    expect(body).toContain('"input":{}');
  });
});

describe('ids and numbers', () => {
  const call = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
  const turn = (id: string): object[] => [
    { role: 'assistant', tool_calls: [call(id)] },
    { role: 'tool', tool_call_id: id, content: id },
  ];

  it('ids that come again become ids of their own, each with its result', () => {
    const messages = [
      { role: 'user', content: 'x' },
      ...turn('call_0'),
      ...turn('call_0'),
      ...turn('call_0'),
    ];
    const body = readBody(translate({ messages }, 'chat', 'messages'));
    const ids = [...body.matchAll(/"(?:id|tool_use_id)":"(\w+)"/gu)].map(([, id]) => id);
    expect(ids).toEqual(['call_0', 'call_0', 'call_0_2', 'call_0_2', 'call_0_3', 'call_0_3']);
  });

  it('two results of one call are refused', () => {
    const [said, result] = turn('call_0');
    const messages = [{ role: 'user', content: 'x' }, said, result, result];
    expect(translate({ messages }, 'chat', 'messages')).toMatchObject({
      ok: false,
      param: 'messages.3.tool_call_id',
    });
  });

  it.each(['12345678901234567890', '9007199254740993', '0.12345678901234567891', '1e400', '-1.5e-320'])(
    'the number %s stays as it is written',
    (number) => {
      const messages = [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', function: { name: 'f', arguments: `{"n":${number}}` } }],
        },
      ];
      const there = readBody(translate({ messages }, 'chat', 'messages'));
      expect(there).toContain(`"input":{"n":${number}}`);
      expect(readBody(translate(there, 'messages', 'chat'))).toContain(`{\\"n\\":${number}}`);
    },
  );

  it('the key __proto__ is a key like others', () => {
    const json = '{"__proto__":{"polluted":1}}';
    const messages = [
      { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: json } }] },
    ];
    expect(readBody(translate({ messages }, 'chat', 'messages'))).toContain(`"input":${json}`);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('large requests', () => {
  it.each(PAIRS)('5,000 messages and 1,000 tools, %s → %s', (from, to) => {
    const messages = Array.from({ length: 5000 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `text ${index}`,
    }));
    const tools = Array.from({ length: 1000 }, (_, index) => ({
      type: from === 'messages' ? 'custom' : 'function',
      name: `tool_${index}`,
      input_schema: { type: 'object' },
      function: { name: `tool_${index}`, parameters: { type: 'object' } },
    }));
    const contents = messages.map(({ role, content }) => ({
      role: role === 'user' ? 'user' : 'model',
      parts: [{ text: content }],
    }));
    const body = {
      messages,
      input: messages,
      contents,
      tools: from === 'gemini' ? [{ functionDeclarations: tools }] : tools,
    };
    const text = readBody(translate(body, from, to));
    expect(text.match(/"text \d+"/gu)).toHaveLength(5000);
    expect(text).toContain('tool_999');
  });

  it('5,000 calls of one id take no time that grows with their square', () => {
    const call = { id: 'call_0', function: { name: 'f', arguments: '{}' } };
    const messages = [{ role: 'assistant', tool_calls: Array.from({ length: 50_000 }, () => call) }];
    expect(readBody(translate({ messages }, 'chat', 'messages'))).toContain('"call_0_50000"');
  });
});

describe.each(PAIRS)('bad streams, %s → %s', (from, to) => {
  it.each([
    '',
    '<html><body>Bad Gateway</body></html>',
    'data: not json\n\n',
    'data: 7\n\ndata: null\n\ndata: []\n\n',
    'data: {"type":"message_stop"}\n\n',
    'data: {"choices":7}\n\ndata: {"choices":[7]}\n\n',
    'data: {"choices":[{"delta":{"tool_calls":[7,{"index":"x"}]}}]}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}\n\n',
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
    'data: {"error":{"message":"x"}}\n\ndata: [DONE]\n\n',
  ])('%j is no success', (text) => {
    const { isComplete } = translateStream([Buffer.from(text)], buildOptions(from, to));
    expect(isComplete).toBe(false);
  });
});
