import type { Protocol } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { pushCut } from '../testing/cut-bytes.ts';
import type { ConformanceOptions } from './checker.ts';
import { createConformanceChecker } from './create-conformance-checker.ts';

type Event = Record<string, unknown>;

/** Rules that are broken, in order. Named events where the protocol names them. */
function check(protocol: Protocol, events: (Event | string)[], options: ConformanceOptions = {}): string[] {
  const isNamed = protocol === 'messages' || protocol === 'responses';
  const text = events.map((event) => {
    if (typeof event === 'string') return event;
    return `${isNamed ? `event: ${String(event['type'])}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
  });
  const checker = createConformanceChecker(protocol, options);
  pushCut(checker, Buffer.from(text.join('')), []);
  return checker.problems.map(({ rule }) => rule);
}

const replace = <T>(list: readonly T[], index: number, ...by: T[]): T[] => list.toSpliced(index, 1, ...by);

describe('Messages', () => {
  const start: Event = { type: 'message_start', message: { id: 'm', content: [], usage: {} } };
  const block = (index: number, content_block: Event): Event => ({
    type: 'content_block_start',
    index,
    content_block,
  });
  const delta = (index: number, fields: Event): Event => ({
    type: 'content_block_delta',
    index,
    delta: fields,
  });
  const stop = (index: number): Event => ({ type: 'content_block_stop', index });
  const end: Event = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: {} };
  const last: Event = { type: 'message_stop' };
  const tool = { type: 'tool_use', id: 't', name: 'f', input: {} };
  const good: (Event | string)[] = [
    start,
    { type: 'ping' },
    block(0, { type: 'text', text: '' }),
    delta(0, { type: 'text_delta', text: 'a' }),
    stop(0),
    block(1, tool),
    delta(1, { type: 'input_json_delta', partial_json: '{"a":' }),
    delta(1, { type: 'input_json_delta', partial_json: '1}' }),
    stop(1),
    end,
    last,
  ];
  const error: Event = { type: 'error', error: { type: 'overloaded_error', message: '' } };

  it('clean: whole, pinged, ended by an error at any place', () => {
    expect(check('messages', good)).toEqual([]);
    for (let count = 0; count < good.length; count += 1)
      expect(check('messages', [...good.slice(0, count), error])).toEqual([]);
  });

  it.each<[string, (Event | string)[], string]>([
    ['a block inside a block', replace(good, 4), 'block-order'],
    ['a gap in the indexes', replace(good, 5, block(2, tool)), 'block-index'],
    ['a delta of another block', replace(good, 3, delta(1, { type: 'text_delta', text: '' })), 'block-index'],
    ['a delta of another kind', replace(good, 3, delta(0, { type: 'input_json_delta' })), 'delta-type'],
    ['input that is no JSON', replace(good, 7), 'tool-input'],
    ['no stop_reason', replace(good, 9, { ...end, delta: {} }), 'message-order'],
    [
      'no usage at the end',
      replace(good, 9, { type: 'message_delta', delta: { stop_reason: 'x' } }),
      'usage',
    ],
    ['an event behind the end', [...good, stop(1)], 'message-order'],
    ['an error behind the end', [...good, error], 'after-end'],
    ['an event behind an error', [start, error, last], 'after-end'],
    ['[DONE]', [...good, 'data: [DONE]\n\n'], 'terminator'],
    ['no event line', replace(good, 0, `data: ${JSON.stringify(start)}\n\n`), 'event-name'],
    ['a line that is no field', [...good, '<html>\n\n'], 'framing'],
    ['data that is no JSON', ['data: x\n\n', ...good], 'json'],
    [
      'a second message',
      [...good, { ...start, message: { id: 'n', content: [], usage: {} } }],
      'message-order',
    ],
  ])('%s', (_name, events, rule) => {
    expect(check('messages', events)).toContain(rule);
  });

  it('input that is cut off with the answer is clean', () => {
    const cut = { ...end, delta: { stop_reason: 'max_tokens' } };
    expect(check('messages', [...replace(good, 7).slice(0, -2), cut, last])).toEqual([]);
  });

  it('a second message is clean where it may be', () => {
    const second = [{ ...start, message: { id: 'n', content: [], usage: {} } }, end, last];
    expect(check('messages', [...good, ...second], { allowsSecondAnswer: true })).toEqual([]);
    expect(check('messages', [...good, start, end, last], { allowsSecondAnswer: true })).toEqual([
      'message-order',
    ]);
  });
});

describe('Chat Completions', () => {
  const chunk = (fields: Event): Event => ({
    id: 'c',
    object: 'chat.completion.chunk',
    choices: [],
    ...fields,
  });
  const choice = (delta: Event, finish_reason: string | null = null, index = 0): Event =>
    chunk({ choices: [{ index, delta, finish_reason }] });
  const call = (index: number, fields: Event): Event => choice({ tool_calls: [{ index, ...fields }] });
  const first = (index: number): Event =>
    call(index, { id: `c${index}`, type: 'function', function: { name: 'f', arguments: '' } });
  const role = choice({ role: 'assistant', content: '' });
  const finish = choice({}, 'tool_calls');
  const usage = chunk({ usage: { prompt_tokens: 1 } });
  const done = 'data: [DONE]\n\n';
  const rest = call(0, { function: { arguments: '{"a":1}' } });
  const good = [role, choice({ content: 'a' }), first(0), rest, finish, usage, done];

  it('clean: whole, with comments, ended by an error', () => {
    expect(check('chat', good)).toEqual([]);
    expect(check('chat', [': ping\n\n', ...good])).toEqual([]);
    expect(check('chat', [role, { error: { message: 'x' } }])).toEqual([]);
    // Cut off in the middle of a call.
    expect(check('chat', [role, first(0), choice({}, 'length'), usage, done])).toEqual([]);
  });

  it.each<[string, (Event | string)[], ConformanceOptions, string]>([
    ['no role', good.slice(1), {}, 'role'],
    ['a gap in the tools', replace(good, 2, first(1)), {}, 'tool-index'],
    ['a tool without id', replace(good, 2, call(0, { function: { name: 'f' } })), {}, 'tool-call'],
    ['a tool that begins twice', replace(good, 2, first(0), first(0)), {}, 'tool-call'],
    ['arguments that are no JSON', replace(good, 3), {}, 'tool-input'],
    ['arguments of two objects', replace(good, 3, rest, rest), {}, 'tool-input'],
    ['content behind the finish', replace(good, 4, finish, choice({ content: 'b' })), {}, 'finish'],
    ['usage twice', replace(good, 5, usage, usage), {}, 'usage'],
    ['usage before the finish', replace(good, 4, usage, finish), {}, 'usage'],
    ['usage that nobody asked for', good, { includesUsage: false }, 'usage'],
    ['no usage', replace(good, 5), { includesUsage: true }, 'usage'],
    ['[DONE] behind an error', [role, { error: { message: 'x' } }, done], {}, 'terminator'],
    ['[DONE] twice', [...good, done], {}, 'terminator'],
    [
      'a choice that does not finish',
      replace(good, 0, role, choice({ role: 'assistant' }, null, 1)),
      {},
      'finish',
    ],
    [
      'a choice that is missing',
      good.map((event) =>
        typeof event === 'string'
          ? event
          : JSON.parse(JSON.stringify(event).replace('"index":0,"delta"', '"index":2,"delta"')),
      ),
      {},
      'choice-index',
    ],
    ['another id', replace(good, 1, { ...choice({ content: 'a' }), id: 'd' }), {}, 'chunk'],
    ['an event name', replace(good, 1, `event: x\ndata: ${JSON.stringify(role)}\n\n`), {}, 'event-name'],
    ['not a chunk', [{ type: 'message_start' }, ...good], {}, 'chunk'],
    ['no blank line at the end', replace(good, 6, 'data: [DONE]'), {}, 'framing'],
  ])('%s', (_name, events, options, rule) => {
    expect(check('chat', events, options)).toContain(rule);
  });
});

describe('Responses', () => {
  const item = { id: 'msg_1', type: 'message', role: 'assistant' };
  const part = { type: 'output_text', text: 'ab' };
  const full = { ...item, content: [part] };
  const call = { id: 'fc_1', type: 'function_call', call_id: 'c', name: 'f' };
  const fullCall = { ...call, arguments: '{}' };
  const at = { output_index: 0, item_id: 'msg_1', content_index: 0 };
  const numbered = (events: Event[]): Event[] =>
    events.map((event, index) => ({ ...event, sequence_number: index }));
  const response = (fields: Event = {}): Event => ({
    id: 'r',
    status: 'completed',
    usage: {},
    output: [full, fullCall],
    ...fields,
  });
  const end = (fields: Event = {}): Event => ({ type: 'response.completed', response: response(fields) });
  const body: Event[] = [
    { type: 'response.created', response: { id: 'r' } },
    { type: 'response.in_progress' },
    { type: 'response.output_item.added', output_index: 0, item },
    { type: 'response.content_part.added', ...at, part: { type: 'output_text', text: '' } },
    { type: 'response.output_text.delta', ...at, delta: 'a' },
    { type: 'response.output_text.delta', ...at, delta: 'b' },
    { type: 'response.output_text.done', ...at, text: 'ab' },
    { type: 'response.content_part.done', ...at, part },
    { type: 'response.output_item.done', output_index: 0, item: full },
    { type: 'response.output_item.added', output_index: 1, item: call },
    { type: 'response.function_call_arguments.delta', output_index: 1, item_id: 'fc_1', delta: '{}' },
    { type: 'response.function_call_arguments.done', output_index: 1, item_id: 'fc_1', arguments: '{}' },
    { type: 'response.output_item.done', output_index: 1, item: fullCall },
    end(),
  ];
  const last = body.length - 1;
  const with_ = (index: number, ...by: Event[]): Event[] => numbered(replace(body, index, ...by));

  it('clean: whole, not numbered, incomplete, failed, ended by an error', () => {
    expect(check('responses', numbered(body))).toEqual([]);
    expect(check('responses', body)).toEqual([]);
    const incomplete = { type: 'response.incomplete', response: response({ status: 'incomplete' }) };
    expect(check('responses', with_(last, incomplete))).toEqual([]);
    const failed = { type: 'response.failed', response: { id: 'r', error: { code: 'x' } } };
    expect(check('responses', numbered([...body.slice(0, 5), failed]))).toEqual([]);
    expect(check('responses', [...numbered(body.slice(0, 5)), { type: 'error', message: 'x' }])).toEqual([]);
    expect(check('responses', numbered([...body.slice(0, 5), { type: 'error' }, failed]))).toEqual([]);
    expect(check('responses', numbered([...body.slice(0, 5), { type: 'error' }, failed, failed]))).toContain(
      'after-end',
    );
  });

  it.each<[string, Event[], string]>([
    ['a gap in the numbers', numbered(body).toSpliced(5, 1), 'sequence'],
    ['numbers that begin with 1', numbered([{}, ...body]).slice(1), 'sequence'],
    ['a gap in the items', with_(9, { ...body[9], output_index: 2 }), 'item-index'],
    ['a delta before its part', with_(3), 'part-order'],
    ['an item that is not done', with_(12), 'item-order'],
    ['a part that is not done', with_(7), 'part-order'],
    ['a full text that differs', with_(6, { ...body[6], text: 'abc' }), 'full-item'],
    ['a full part that differs', with_(7, { ...body[7], part: { ...part, text: 'b' } }), 'full-item'],
    ['a full item that differs', with_(8, { ...body[8], item: { ...item, content: [] } }), 'full-item'],
    ['a full call that differs', with_(12, { ...body[12], item: { ...call, arguments: '{' } }), 'full-item'],
    ['another id', with_(8, { ...body[8], item: { ...full, id: 'msg_2' } }), 'item-id'],
    ['another id of a delta', with_(4, { ...body[4], item_id: 'msg_2' }), 'item-id'],
    ['an end without the items', with_(last, end({ output: [] })), 'full-items'],
    [
      'an end with other items',
      with_(last, end({ output: [full, { ...fullCall, arguments: '' }] })),
      'full-items',
    ],
    ['an end without usage', with_(last, end({ usage: null })), 'usage'],
    ['an end of another state', with_(last, end({ status: 'failed' })), 'status'],
    ['two ends', numbered([...body, end()]), 'after-end'],
    ['no end', numbered(body.slice(0, -1)), 'terminator'],
    ['content before created', numbered(body.slice(1)), 'order'],
  ])('%s', (_name, events, rule) => {
    expect(check('responses', events)).toContain(rule);
  });
});

describe('Gemini', () => {
  const candidate = (part: Event, finishReason?: string, index = 0): Event => ({
    content: { role: 'model', parts: [part] },
    index,
    ...(finishReason !== undefined && { finishReason }),
  });
  const usage = { promptTokenCount: 2, candidatesTokenCount: 1, totalTokenCount: 3 };
  const text: Event = { responseId: 'r', candidates: [candidate({ text: 'a' })], usageMetadata: usage };
  const end: Event = { responseId: 'r', candidates: [candidate({ text: '' }, 'STOP')], usageMetadata: usage };
  const good = [text, end];
  const wrap = (events: Event[]): Event[] => events.map((response) => ({ response, traceId: 't' }));

  it('clean: whole, in the envelope, pinged, a refused prompt, ended by an error', () => {
    expect(check('gemini', good)).toEqual([]);
    expect(check('code-assist', wrap(good))).toEqual([]);
    expect(check('gemini', [': ping\n\n', text, ': ping\n\n', end])).toEqual([]);
    expect(check('gemini', [{ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: usage }])).toEqual(
      [],
    );
    expect(check('gemini', [text, '{"error":{"code":503,"message":"x"}}\n\n'])).toEqual([]);
  });

  it.each<[string, (Event | string)[], string]>([
    ['no finish', [text], 'terminator'],
    ['a chunk behind the finish', [end, text], 'finish'],
    ['no usage at the end', [text, { ...end, usageMetadata: {} }], 'usage'],
    [
      'usage that does not add up',
      [text, { ...end, usageMetadata: { ...usage, totalTokenCount: 9 } }],
      'usage',
    ],
    ['a comment in front of the data', [text, `: ping\ndata: ${JSON.stringify(end)}\n\n`], 'framing'],
    ['an event name', [text, `event: x\ndata: ${JSON.stringify(end)}\n\n`], 'event-name'],
    ['[DONE]', [...good, 'data: [DONE]\n\n'], 'terminator'],
    ['no blank line at the end', [text, `data: ${JSON.stringify(end)}\n`], 'framing'],
    ['two answers', [text, { ...end, responseId: 's' }], 'chunk'],
    ['another role', [{ candidates: [{ content: { role: 'user' } }] }, end], 'role'],
    ['a part of two kinds', [{ candidates: [candidate({ text: '', functionCall: {} })] }, end], 'part'],
    [
      'arguments as text',
      [{ candidates: [candidate({ functionCall: { name: 'f', args: '{}' } })] }, end],
      'tool-input',
    ],
    [
      'a candidate that is missing',
      [{ ...end, candidates: [candidate({ text: '' }, 'STOP', 2)] }],
      'candidate-index',
    ],
    ['an event behind an error', [{ error: { code: 500, message: 'x' } }, end], 'after-end'],
    ['the envelope', wrap(good), 'terminator'],
  ])('%s', (_name, events, rule) => {
    expect(check('gemini', events)).toContain(rule);
  });

  it('no envelope where there should be one', () => {
    expect(check('code-assist', good)).toContain('envelope');
  });

  it.each([
    ['clean', JSON.stringify(good), []],
    ['not closed', JSON.stringify(good).slice(0, -1), ['framing']],
    ['no array', good.map((event) => JSON.stringify(event)).join('\n'), ['framing']],
  ])('an array, %s', (_name, array, rules) => {
    const checker = createConformanceChecker('gemini', { isArray: true });
    pushCut(checker, Buffer.from(array), []);
    expect(checker.problems.map(({ rule }) => rule)).toEqual(rules);
  });
});
