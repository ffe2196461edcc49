import { createConformanceChecker } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import type { AnswerContext } from '../conversation/answer-context.ts';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import type { StopReason } from '../conversation/answer.ts';
import { StreamText } from '../conversation/stream-text.ts';
import type { JsonObject } from '../json/json-object.ts';
import { selectParts } from '../protocols.ts';
import { CollectorSink } from '../testing/collector-sink.ts';
import { buildOptions, OPEN_CONTEXT } from '../testing/translate-stream.ts';
import { buildAnswerScope, translateAnswer } from '../translate-answer.ts';

function write(play: (sink: AnswerSink) => void, context: AnswerContext = OPEN_CONTEXT): JsonObject[] {
  const out = new StreamText();
  play(
    selectParts('responses').createWriter(
      out,
      buildAnswerScope(buildOptions('messages', 'responses', { context })),
    ),
  );
  const bytes = out.take();
  const checker = createConformanceChecker('responses');
  checker.push(bytes);
  checker.end();
  expect(checker.problems).toEqual([]);
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as JsonObject);
}

function finish(sink: AnswerSink, stop: StopReason): void {
  sink.finish({ stop, stopSequence: null, usage: null });
}

const CODEX_ECHO = {
  customTools: ['apply_patch'],
  namespaced: { notes__read: { name: 'read', namespace: 'notes' } },
};
const last = (events: JsonObject[]): JsonObject => events.at(-1)?.['response'] as JsonObject;

describe('[API-3] streams to a Responses client', () => {
  it('a tool with free text is called with free text, one in a namespace there', () => {
    const events = write(
      (sink) => {
        sink.begin('msg_1');
        sink.openToolCall('toolu_1', 'apply_patch');
        for (const piece of ['{"inp', 'ut":"*** Be', 'gin\\n"}']) sink.addArguments(piece);
        sink.close();
        sink.openToolCall('toolu_2', 'notes__read');
        sink.close();
        finish(sink, 'tool-calls');
      },
      { ...OPEN_CONTEXT, echo: CODEX_ECHO },
    );
    const input = events.find(({ type }) => type === 'response.custom_tool_call_input.done');
    expect(input?.['input']).toBe('*** Begin\n');
    expect(last(events)).toMatchObject({
      status: 'completed',
      id: 'resp_1',
      output: [
        { type: 'custom_tool_call', call_id: 'toolu_1', name: 'apply_patch', input: '*** Begin\n' },
        { type: 'function_call', call_id: 'toolu_2', name: 'read', namespace: 'notes', arguments: '{}' },
      ],
    });
  });

  it.each([
    ['length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['context-length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['refusal', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    ['pause', { status: 'completed', incomplete_details: null }],
    ['end', { status: 'completed', error: null, model: 'client-model', created_at: 1_700_000_000 }],
  ] as const)('%s ends as it should', (stop, expected) => {
    const events = write((sink) => {
      sink.begin(null);
      finish(sink, stop);
    });
    expect(last(events)).toMatchObject(expected);
  });

  it('a refusal in words is a part of its own, and complete', () => {
    const events = write((sink) => {
      sink.begin(null);
      sink.openRefusal();
      sink.addRefusal('No.');
      sink.close();
      finish(sink, 'refusal');
    });
    expect(last(events)).toMatchObject({
      status: 'completed',
      output: [{ content: [{ type: 'refusal', refusal: 'No.' }] }],
    });
  });

  it('thoughts are a summary, and none for a client that asked for none', () => {
    const play = (sink: AnswerSink): void => {
      sink.begin(null);
      sink.openThinking();
      sink.addThinking('Hm.');
      sink.close();
      finish(sink, 'end');
    };
    expect(last(write(play))['output']).toMatchObject([{ type: 'reasoning', summary: [{ text: 'Hm.' }] }]);
    expect(last(write(play, { ...OPEN_CONTEXT, showsThoughts: false }))['output']).toEqual([]);
  });

  it('a plain answer holds the same items as a stream', () => {
    const answer = {
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'apply_patch', input: { input: 'x' } }],
    };
    const options = buildOptions('messages', 'responses', { context: { ...OPEN_CONTEXT, echo: CODEX_ECHO } });
    const plain = translateAnswer(Buffer.from(JSON.stringify({ id: 'msg_1', ...answer })), options);
    const events = write(
      (sink) => {
        sink.begin('msg_1');
        sink.openToolCall('toolu_1', 'apply_patch');
        sink.addArguments('{"input":"x"}');
        sink.close();
        finish(sink, 'tool-calls');
      },
      { ...OPEN_CONTEXT, echo: CODEX_ECHO },
    );
    expect(JSON.parse(Buffer.from(plain?.body ?? []).toString()).output).toEqual(last(events)['output']);
  });
});

function readStream(events: JsonObject[]): { sink: CollectorSink; isComplete: boolean } {
  const sink = new CollectorSink();
  const reader = selectParts('responses').createReader(
    sink,
    buildAnswerScope(buildOptions('responses', 'messages')),
  );
  for (const event of events) {
    reader.push(Buffer.from(`event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`));
  }
  reader.end();
  expect(sink.problems).toEqual([]);
  return { sink, isComplete: reader.isComplete };
}

const CREATED = { type: 'response.created', response: { id: 'resp_1' } };
const COMPLETED = { type: 'response.completed', response: { status: 'completed', output: [] } };
const added = (index: number, item: JsonObject): JsonObject => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
});
const done = (index: number, item: JsonObject): JsonObject => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
});
const json = (index: number, delta: string): JsonObject => ({
  type: 'response.function_call_arguments.delta',
  output_index: index,
  delta,
});
const CALL = { type: 'function_call', call_id: 'c1', name: 'a' };

describe('[API-3] streams of a Responses upstream', () => {
  it('items that are mixed go on one after the other', () => {
    const other = { ...CALL, call_id: 'c2', name: 'b' };
    const { sink } = readStream([
      CREATED,
      added(0, CALL),
      added(1, other),
      json(1, '{"y":'),
      json(0, '{"x":1}'),
      json(1, '2}'),
      done(1, other),
      done(0, CALL),
      COMPLETED,
    ]);
    expect(sink.calls).toEqual([
      { id: 'c1', name: 'a', arguments: '{"x":1}' },
      { id: 'c2', name: 'b', arguments: '{"y":2}' },
    ]);
    expect(sink.ended?.stop).toBe('tool-calls');
  });

  it('items that come whole are read whole', () => {
    const { sink } = readStream([
      CREATED,
      added(0, { type: 'message', content: [] }),
      done(0, { type: 'message', content: [{ type: 'output_text', text: 'Hi.' }] }),
      added(1, CALL),
      done(1, { ...CALL, arguments: '{"x":1}' }),
      COMPLETED,
    ]);
    expect([sink.text, sink.calls[0]?.arguments]).toEqual(['Hi.', '{"x":1}']);
  });

  const MESSAGE = { type: 'message', content: [{ type: 'output_text', text: 'Hi.' }] };
  const WHOLE_CALL = { ...CALL, arguments: '{"x":1}' };
  const ended = (...output: JsonObject[]): JsonObject => ({
    type: 'response.completed',
    response: { id: 'resp_1', status: 'completed', output, usage: { input_tokens: 1, output_tokens: 1 } },
  });

  it.each([
    ['only in the end', [ended(MESSAGE, WHOLE_CALL)]],
    ['only as done', [done(0, MESSAGE), done(0, MESSAGE), done(1, WHOLE_CALL), ended(MESSAGE, WHOLE_CALL)]],
    ['begun, and in the end', [added(0, { type: 'message' }), added(1, CALL), ended(MESSAGE, WHOLE_CALL)]],
    [
      'arguments without pieces',
      [
        done(0, MESSAGE),
        added(1, CALL),
        { type: 'response.function_call_arguments.done', output_index: 1, arguments: '{"x":1}' },
        ended(),
      ],
    ],
  ])('nothing is lost where an upstream tells it %s', (_, events) => {
    const { sink } = readStream([CREATED, ...events]);
    expect([sink.text, sink.calls.map((call) => call.arguments), sink.ended?.stop]).toEqual([
      'Hi.',
      ['{"x":1}'],
      'tool-calls',
    ]);
  });

  it('an item without its end, and items that nobody knows, do no harm', () => {
    const { sink, isComplete } = readStream([
      CREATED,
      added(0, { type: 'hologram' }),
      done(0, { type: 'hologram' }),
      json(7, 'lost'),
      added(1, CALL),
      json(1, '{}'),
      COMPLETED,
    ]);
    expect([sink.calls.length, isComplete]).toEqual([1, true]);
  });

  it.each([
    { type: 'response.failed', response: { error: { code: 'server_error' } } },
    { type: 'error', code: 'server_error' },
  ])('$type is no success, whatever follows', (failure) => {
    const { sink, isComplete } = readStream([CREATED, failure, COMPLETED]);
    expect([isComplete, sink.ended]).toEqual([false, null]);
  });
});
