import { findRequestFault } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import type { RequestTranslation } from './request-translation.ts';
import { translateRequest } from './translate-request.ts';

type Call = { id: string; name: string; arguments: unknown };
type Result = { id: string; name: string; text: string };
/** How a protocol says the same things; `null` = it cannot. */
interface Words {
  build(turns: object[], more?: object): object;
  user(text: string): object;
  /** The user, with these blocks. */
  blocks(blocks: unknown): object;
  system: ((text: string) => object) | null;
  calls(...calls: Call[]): object[];
  results(...results: Result[]): object[];
  tool(schema: unknown): object;
  unknownBlock: object;
}

const WORDS: Readonly<Record<WireProtocol, Words>> = {
  messages: {
    build: (messages, more) => ({ max_tokens: 100, messages, ...more }),
    user: (content) => ({ role: 'user', content }),
    blocks: (content) => ({ role: 'user', content }),
    system: (content) => ({ role: 'system', content }),
    calls: (...calls) => [
      {
        role: 'assistant',
        content: calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
      },
    ],
    results: (...results) => [
      {
        role: 'user',
        content: results.map(({ id, text }) => ({ type: 'tool_result', tool_use_id: id, content: text })),
      },
    ],
    tool: (input_schema) => ({ tools: [{ name: 'f', input_schema }] }),
    unknownBlock: { type: 'hologram', text: 'x' },
  },
  chat: {
    build: (messages, more) => ({ messages, ...more }),
    user: (content) => ({ role: 'user', content }),
    blocks: (content) => ({ role: 'user', content }),
    system: (content) => ({ role: 'system', content }),
    calls: (...calls) => [
      {
        role: 'assistant',
        content: null,
        tool_calls: calls.map(({ id, name, arguments: input }) => ({
          id,
          type: 'function',
          function: { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) },
        })),
      },
    ],
    results: (...results) =>
      results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text })),
    tool: (parameters) => ({ tools: [{ type: 'function', function: { name: 'f', parameters } }] }),
    unknownBlock: { type: 'hologram', text: 'x' },
  },
  responses: {
    build: (input, more) => ({ input, ...more }),
    user: (content) => ({ role: 'user', content }),
    blocks: (content) => ({ role: 'user', content }),
    system: (content) => ({ role: 'developer', content }),
    calls: (...calls) =>
      calls.map(({ id, name, arguments: input }) => ({
        type: 'function_call',
        call_id: id,
        name,
        arguments: typeof input === 'string' ? input : JSON.stringify(input),
      })),
    results: (...results) =>
      results.map(({ id, text }) => ({ type: 'function_call_output', call_id: id, output: text })),
    tool: (parameters) => ({ tools: [{ type: 'function', name: 'f', parameters }] }),
    unknownBlock: { type: 'hologram', text: 'x' },
  },
  gemini: {
    build: (contents, more) => ({ contents, ...more }),
    user: (text) => ({ role: 'user', parts: [{ text }] }),
    blocks: (parts) => ({ role: 'user', parts }),
    system: null,
    calls: (...calls) => [
      {
        role: 'model',
        parts: calls.map(({ id, name, arguments: args }) => ({ functionCall: { id, name, args } })),
      },
    ],
    results: (...results) => [
      {
        role: 'user',
        parts: results.map(({ id, name, text }) => ({
          functionResponse: { id, name, response: { output: text } },
        })),
      },
    ],
    tool: (parametersJsonSchema) => ({
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }],
    }),
    unknownBlock: { hologram: 'x' },
  },
};

const MODELS: Readonly<Record<WireProtocol, string>> = {
  messages: 'claude-sonnet-4-5',
  chat: 'gpt-4o',
  responses: 'gpt-4o',
  gemini: 'gemini-2.5-flash',
};
const PAIRS = WIRE_PROTOCOLS.flatMap((from) =>
  WIRE_PROTOCOLS.filter((to) => to !== from).map((to) => [from, to] as const),
);
const call = (id: string, input: unknown = {}): Call => ({ id, name: 'f', arguments: input });
const result = (id: string, text = 'done'): Result => ({ id, name: 'f', text });
const isObjectOnly = (from: WireProtocol): boolean => from === 'messages' || from === 'gemini';

function translate(body: object | string, from: WireProtocol, to: WireProtocol): RequestTranslation {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return translateRequest(bytes, {
    from,
    to,
    upstreamModel: MODELS[to],
    stream: false,
    outputTokensMax: null,
  });
}

/** What goes up, which the provider takes. */
function readTaken(outcome: RequestTranslation, to: WireProtocol): string {
  if (!outcome.ok) throw new Error(`refused: ${outcome.param} ${outcome.message}`);
  const text = Buffer.from(outcome.body).toString();
  expect(findRequestFault(to, JSON.parse(text), { model: MODELS[to] })).toBeNull();
  return text;
}

/** Issue 5's list of bad input, each to each pair: taken in a form that the other provider takes, or refused with its place. */
describe.each(PAIRS)('[API-3] bad conversations, %s → %s', (from, to) => {
  const { build, user, blocks, system, calls, results, tool, unknownBlock } = WORDS[from];
  const answered = (input: unknown): object =>
    build([user('x'), ...calls(call('c1', input)), ...results(result('c1'))]);

  it.each(['not json', '{"a":', '[1]', '"x"', '7', 'null', '12345678901234567890', '1e999'])(
    'arguments %s, which are no object',
    (text) => {
      const outcome = translate(answered(text), from, to);
      if (isObjectOnly(from))
        expect(outcome).toMatchObject({ ok: false, param: expect.stringMatching(/input|args/u) });
      else expect(readTaken(outcome, to)).toContain('malformed_arguments');
    },
  );

  it.each(['12345678901234567890', '1e999', '[]', '7', 'null'])(
    'a call whose input is the bare %s',
    (raw) => {
      const text = JSON.stringify(answered('RAW'))
        .replace('"RAW"', raw)
        .replace(/"arguments":RAW/u, `"arguments":${raw}`);
      const outcome = translate(text, from, to);
      if (outcome.ok) readTaken(outcome, to);
      else expect(outcome.param).toMatch(/input|args|arguments/u);
    },
  );

  it('one id for two calls, each with its result', () => {
    const twice = [
      ...calls(call('c1')),
      ...results(result('c1', 'one')),
      ...calls(call('c1')),
      ...results(result('c1', 'two')),
    ];
    const text = readTaken(translate(build([user('x'), ...twice]), from, to), to);
    expect(text.indexOf('one')).toBeLessThan(text.indexOf('two'));
  });

  it('one id for two calls of one turn', () => {
    const outcome = translate(
      build([user('x'), ...calls(call('c1'), call('c1')), ...results(result('c1'))]),
      from,
      to,
    );
    expect(outcome.ok || outcome.message).toEqual(expect.anything());
  });

  it('a result without its call', () => {
    const outcome = translate(build([user('x'), ...results(result('c9'))]), from, to);
    expect(outcome).toMatchObject({
      ok: false,
      param: expect.stringMatching(/^(?:messages|input|contents)\.1/u),
    });
  });

  it('two results of one call', () => {
    const outcome = translate(
      build([user('x'), ...calls(call('c1')), ...results(result('c1'), result('c1'))]),
      from,
      to,
    );
    expect(outcome).toMatchObject({ ok: false, param: expect.any(String) });
  });

  it('a history that ends with a system message', () => {
    if (system === null) {
      const outcome = translate(
        build([user('x'), { role: 'system', parts: [{ text: 'Be brief.' }] }]),
        from,
        to,
      );
      expect(outcome).toMatchObject({ ok: false, param: 'contents.1.role' });
      return;
    }
    const turns = [user('x'), ...calls(call('c1')), ...results(result('c1')), system('Be brief.')];
    expect(readTaken(translate(build(turns), from, to), to)).toContain('Be brief.');
  });

  it.each(['', [], null])('content %j', (content) => {
    const outcome = translate(build([blocks(content)]), from, to);
    if (outcome.ok) readTaken(outcome, to);
    else expect(outcome.param).toMatch(/content|parts/u);
  });

  it.each([
    ['before', ['', 'x']],
    ['behind', ['x', '']],
  ])('an empty turn %s another', (_, texts) => {
    expect(readTaken(translate(build(texts.map(user)), from, to), to)).toContain('"x"');
  });

  it('a block that nobody knows is refused by the policy', () => {
    const outcome = translate(build([blocks([unknownBlock])]), from, to);
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('unknown-block') });
  });

  it.each(['half \ud800 a pair', '\udc00', 'NUL \u0000', 'x\u2028y'])(
    '%j in words, arguments and results',
    (odd) => {
      const turns = [user(odd), ...calls(call('c1', { odd })), ...results(result('c1', odd)), user('x')];
      const text = readTaken(translate(build(turns), from, to), to);
      expect(text.split(JSON.stringify(odd).slice(1, -1)).length - 1).toBeGreaterThan(1);
    },
  );

  it.each(['9007199254740993', '-12345678901234567890', '1e400'])(
    'the number %s in arguments and schemas',
    (number) => {
      const schema = { type: 'object', properties: { n: { type: 'number', description: 'RAW' } } };
      const body = build(
        [user('x'), ...calls(call('c1', { n: 'RAW' })), ...results(result('c1'))],
        tool(schema),
      );
      const json = JSON.stringify(body)
        .replaceAll(String.raw`\"RAW\"`, number)
        .replaceAll('"n":"RAW"', `"n":${number}`);
      expect(readTaken(translate(json, from, to), to)).toContain(
        `n":${number}`.replaceAll('"', to === 'chat' || to === 'responses' ? '\\"' : '"'),
      );
    },
  );

  it('arguments 10,000 levels deep: refused, or taken whole', () => {
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    const body = JSON.stringify(answered('RAW'));
    const json = isObjectOnly(from)
      ? body.replace('"RAW"', deep)
      : body.replace('RAW', JSON.stringify(deep).slice(1, -1));
    const outcome = translate(json, from, to);
    if (outcome.ok) expect(outcome.body.length).toBeGreaterThan(deep.length);
    else expect(outcome.message).toContain('deep');
  });

  it('a schema that goes round in a circle', () => {
    const schema = {
      type: 'object',
      properties: { node: { $ref: '#/$defs/node' } },
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    };
    const text = readTaken(translate(build([user('x')], tool(schema)), from, to), to);
    expect(text.includes('$ref')).toBe(to !== 'gemini');
  });
});

/** Responses lets words stand between a call and its result; the others do not. */
describe.each(['messages', 'chat', 'gemini'] as const)('results out of their place, responses → %s', (to) => {
  const { build, user, calls, results } = WORDS.responses;
  const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Wait.' }] };
  const developer = {
    type: 'message',
    role: 'developer',
    content: [{ type: 'input_text', text: 'Be brief.' }],
  };

  it.each([
    ['the user', [...calls(call('c1')), user('Well?'), ...results(result('c1'))]],
    ['the model', [...calls(call('c1')), said, ...results(result('c1'))]],
    ['the system', [...calls(call('c1')), developer, ...results(result('c1'))]],
    [
      'one of two results',
      [...calls(call('c1'), call('c2')), ...results(result('c1')), said, ...results(result('c2'))],
    ],
    [
      'another call',
      [...calls(call('c1')), ...calls(call('c2')), ...results(result('c2')), ...results(result('c1'))],
    ],
    [
      'a whole other turn',
      [
        ...calls(call('c1')),
        user('a'),
        ...calls(call('c2')),
        ...results(result('c2')),
        ...results(result('c1')),
      ],
    ],
  ])('%s between call and result', (_, items) => {
    const text = readTaken(translate(build([user('x'), ...items]), 'responses', to), to);
    expect(text.match(/done/gu)).toHaveLength(items.filter((item) => 'output' in item).length);
  });
});
