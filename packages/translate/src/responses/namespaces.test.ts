import { describe, expect, it } from 'vitest';
import { createStreamTranslator } from '../create-stream-translator.ts';
import { translateAnswer } from '../translate-answer.ts';
import { translateRequest } from '../translate-request.ts';

const AGENTS = { type: 'namespace', name: 'agents', tools: [{ type: 'function', name: 'wait' }] };
const FUNCTIONS = {
  type: 'namespace',
  name: 'functions',
  tools: [
    { type: 'function', name: 'wait' },
    { type: 'custom', name: 'exec' },
  ],
};
const PLAIN = { type: 'function', name: 'look_up' };
const TOOLS = [AGENTS, FUNCTIONS, PLAIN];

/** As Codex offers its tools: in `tools`, or as an item of the input. */
const REQUESTS = [
  { tools: TOOLS, input: [{ role: 'user', content: 'Hi' }] },
  {
    input: [
      { type: 'additional_tools', tools: TOOLS },
      { role: 'user', content: 'Hi' },
    ],
  },
];

function translate(body: object) {
  const options = { from: 'responses', to: 'messages', upstreamModel: 'm', stream: false } as const;
  const bytes = Buffer.from(JSON.stringify({ model: 'm', ...body }));
  const result = translateRequest(bytes, { ...options, outputTokensMax: null });
  if (!result.ok) throw new Error(result.message);
  return { ...result, json: JSON.parse(Buffer.from(result.body).toString()) as Record<string, unknown> };
}

function buildMessage(names: readonly string[]): Buffer {
  const content = names.map((name, index) => ({
    type: 'tool_use',
    id: `toolu_${index}`,
    name,
    input: { input: 'x' },
  }));
  const usage = { input_tokens: 1, output_tokens: 1 };
  const rest = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' };
  return Buffer.from(JSON.stringify({ ...rest, content, stop_reason: 'tool_use', usage }));
}

function buildStream(names: readonly string[]): Buffer {
  const events = [
    { type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 1 } } },
    ...names.flatMap((name, index) => [
      {
        type: 'content_block_start',
        index,
        content_block: { type: 'tool_use', id: `toolu_${index}`, name, input: {} },
      },
      {
        type: 'content_block_delta',
        index,
        delta: { type: 'input_json_delta', partial_json: '{"input":"x"}' },
      },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];
  return Buffer.from(
    events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  );
}

const CALLED = ['wait', 'functions__wait', 'exec', 'look_up'];
const WRITTEN = [
  { type: 'function_call', name: 'wait', namespace: 'agents' },
  { type: 'function_call', name: 'wait', namespace: 'functions' },
  { type: 'custom_tool_call', name: 'exec', namespace: 'functions' },
  { type: 'function_call', name: 'look_up' },
];

describe.each(REQUESTS)('tools in namespaces', (request) => {
  const { context, json } = translate(request);
  const answering = {
    from: 'messages' as const,
    to: 'responses' as const,
    model: 'm',
    // It travels through the journal of an attempt as plain JSON.
    context: JSON.parse(JSON.stringify(context)) as typeof context,
    createdAtS: 0,
    createId: () => 'id',
  };

  it('[API-3] reach the upstream under names of their own', () => {
    expect(json['tools']).toMatchObject(CALLED.map((name) => ({ name })));
  });

  it('[API-3] [API-8] are called with their namespace, which Codex looks them up by', () => {
    const answer = translateAnswer(buildMessage(CALLED), answering);
    const { output } = JSON.parse(Buffer.from(answer?.body ?? []).toString()) as { output: object[] };
    expect(output).toMatchObject(WRITTEN);
    expect(output.at(-1)).not.toHaveProperty('namespace');
    expect(output[2]).toMatchObject({ input: 'x' });
  });

  it('[API-3] [API-8] in a stream: each item as it begins, whole, and in the end', () => {
    const translator = createStreamTranslator(answering);
    const text = translator.push(buildStream(CALLED)).toString() + translator.end().toString();
    const events = text
      .split('\n\n')
      .filter((event) => event !== '')
      .map((event) => JSON.parse(event.slice(event.indexOf('{'))) as { type: string; item?: object });
    for (const type of ['response.output_item.added', 'response.output_item.done']) {
      const items = events.filter((event) => event.type === type).map(({ item }) => item);
      expect(items).toMatchObject(WRITTEN);
    }
    expect(events.at(-1)).toMatchObject({ response: { output: WRITTEN } });
  });

  it('[API-3] calls in the history go up under the same names', () => {
    const history = WRITTEN.flatMap((call, index) => [
      { ...call, call_id: `c${index}`, arguments: '{}', input: 'x' },
      { type: 'function_call_output', call_id: `c${index}`, output: 'done' },
    ]);
    const { messages } = translate({ ...request, input: [...request.input, ...history] }).json;
    expect(JSON.stringify(messages).match(/(?<="name":")\w+/gu)).toEqual(CALLED);
  });
});
