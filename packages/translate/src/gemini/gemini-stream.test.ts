import { describe, expect, it } from 'vitest';
import type { AnswerSink } from '../conversation/answer-sink.ts';
import { StreamText } from '../conversation/stream-text.ts';
import type { JsonObject } from '../json/json-object.ts';
import { selectParts } from '../protocols.ts';
import { CollectorSink } from '../testing/collector-sink.ts';
import { buildOptions, OPEN_CONTEXT } from '../testing/translate-stream.ts';
import { buildAnswerScope, translateAnswer } from '../translate-answer.ts';
import { PartialCall } from './partial-call.ts';

function readBytes(bytes: string): { sink: CollectorSink; isComplete: boolean } {
  const sink = new CollectorSink();
  const reader = selectParts('gemini').createReader(
    sink,
    buildAnswerScope(buildOptions('gemini', 'messages')),
  );
  reader.push(Buffer.from(bytes));
  reader.end();
  expect(sink.problems).toEqual([]);
  return { sink, isComplete: reader.isComplete };
}

const readChunks = (...chunks: JsonObject[]): ReturnType<typeof readBytes> =>
  readBytes(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(''));
const chunk = (parts: JsonObject[], more: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { role: 'model', parts }, ...more }],
});

describe('[API-3] streams of a Gemini upstream', () => {
  it.each([
    [[{ text: 'x' }], 'STOP', 'end'],
    [[{ functionCall: { name: 'a' } }], 'STOP', 'tool-calls'],
    [[{ functionCall: { name: 'a', args: {} } }], 'OTHER', 'tool-calls'],
    [[{ text: 'x' }], 'MAX_TOKENS', 'length'],
    [[{ text: 'x' }], 'SAFETY', 'refusal'],
    [[], 'OTHER', 'refusal'],
    [[], 'IMAGE_PROHIBITED_CONTENT', 'refusal'],
    [[], 'MODEL_ARMOR', 'refusal'],
    [[{ text: 'x' }], 'BRAND_NEW', 'end'],
    [[], 'MALFORMED_FUNCTION_CALL', 'malformed-call'],
  ] as const)('%j with %s is %s', (parts, finishReason, stop) => {
    const candidate = chunk([...parts], { finishReason });
    const { sink } = readChunks(candidate);
    expect(sink.ended?.stop).toBe(stop);
    const answer = selectParts('gemini').decodeAnswer(
      candidate,
      buildAnswerScope(buildOptions('gemini', 'chat')),
    );
    expect(answer?.stop).toBe(stop);
  });

  it('a call that could not be read is told in words, never an empty success', () => {
    const { sink } = readChunks(
      chunk([], { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'print(x' }),
    );
    expect(sink.text).toContain('MALFORMED_FUNCTION_CALL. print(x');
  });

  it('a prompt that is blocked is a refusal', () => {
    const blocked = {
      promptFeedback: { blockReason: 'SAFETY' },
      usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
    };
    const { sink, isComplete } = readChunks(blocked);
    expect([isComplete, sink.ended?.stop, sink.ended?.usage?.inputTokens]).toEqual([true, 'refusal', 7]);
    const answer = translateAnswer(Buffer.from(JSON.stringify(blocked)), buildOptions('gemini', 'messages'));
    expect(JSON.parse(Buffer.from(answer?.body ?? []).toString())).toMatchObject({
      content: [],
      stop_reason: 'refusal',
    });
  });

  it('arguments in pieces become whole ones, also where the last piece is the end', () => {
    const piece = (partialArgs: JsonObject[], more: JsonObject = {}): JsonObject =>
      chunk([{ functionCall: { partialArgs, willContinue: true, ...more } }]);
    const { sink } = readChunks(
      piece([], { name: 'put', id: 'c1' }),
      piece([{ jsonPath: '$.items[0].name', stringValue: 'ap', willContinue: true }]),
      piece([
        { jsonPath: '$.items[0].name', stringValue: 'ple' },
        { jsonPath: "$.items[1]['a b']", numberValue: 0.5 },
      ]),
      chunk([{ functionCall: { name: 'other', args: { x: 1 } } }]),
      chunk([], { finishReason: 'STOP' }),
    );
    expect(sink.calls).toEqual([
      { id: 'c1', name: 'put', arguments: '{"items":[{"name":"apple"},{"a b":0.5}]}' },
      { id: null, name: 'other', arguments: '{"x":1}' },
    ]);
  });

  it.each([
    '',
    'x',
    '$',
    '$[99999999]',
    '$.a[1000000]',
    '$..a',
    '$.a[',
    `$${'.a'.repeat(100)}`,
    '$.__proto__.x',
  ])('a piece at %j harms nobody', (jsonPath) => {
    const call = new PartialCall({ name: 'a' });
    call.add({ partialArgs: [{ jsonPath, stringValue: 'x' }, 7, { jsonPath: '$.ok', boolValue: true }] });
    expect(JSON.parse(JSON.stringify(call.args))).toMatchObject({ ok: true });
    expect(({} as JsonObject)['x']).toBeUndefined();
  });

  it.each([
    [`data: ${JSON.stringify(chunk([{ text: 'x' }]))}\r\n\r\n{"error":{"code":503,"message":"no"}}\n`],
    [
      `data: ${JSON.stringify(chunk([{ text: 'x' }], { finishReason: 'STOP' }))}\r\n\r\ndata: {"error":{"code":503}}\n\n`,
    ],
    [`[${JSON.stringify(chunk([{ text: 'x' }], { finishReason: 'STOP' }))}`],
    [`[${JSON.stringify(chunk([{ text: 'x' }], { finishReason: 'STOP' }))},{"error":{"code":503}}]`],
    [`data: ${JSON.stringify(chunk([{ text: 'x' }]))}\r\n\r\n`],
    ['<html>busy</html>'],
    ['{"error":{"code":429}}'],
    ['[{"error":{"code":429}}]'],
  ])('%j is no success', (bytes) => {
    const { sink, isComplete } = readBytes(bytes);
    expect([isComplete, sink.ended]).toEqual([false, null]);
  });

  it('a second candidate is not mixed into the first', () => {
    const { sink } = readChunks(
      { candidates: [{ index: 1, content: { parts: [{ text: 'B' }] } }] },
      chunk([{ text: 'A' }], { finishReason: 'STOP' }),
    );
    expect(sink.text).toBe('A');
  });
});

function write(play: (sink: AnswerSink) => void, framing: 'sse' | 'array', showsThoughts = true): string {
  const out = new StreamText();
  const context = { ...OPEN_CONTEXT, showsThoughts };
  const scope = buildAnswerScope(buildOptions('messages', 'gemini', { framing, context }));
  play(selectParts('gemini').createWriter(out, scope));
  return out.take().toString();
}

function playAll(sink: AnswerSink): void {
  sink.begin('msg_1');
  sink.openThinking();
  sink.addThinking('Hm.');
  sink.close();
  sink.openText();
  sink.addText('a\r\nb\u2028');
  sink.close();
  sink.openToolCall('toolu_1', 'a');
  sink.addArguments('{"x":\r\n 12345678901234');
  sink.addArguments('567890}');
  sink.close();
  sink.finish({ stop: 'tool-calls', stopSequence: null, usage: null });
}

describe('[API-3] streams to a Gemini client', () => {
  it('each event is one `data: ` line with its own blank line', () => {
    const text = write(playAll, 'sse');
    expect(text.split('\r\n\r\n').slice(0, -1)).toHaveLength(4);
    for (const event of text.split('\r\n\r\n').slice(0, -1)) expect(event).toMatch(/^data: \{[^\r\n]*\}$/u);
    expect(text).toContain('"args":{"x":12345678901234567890}');
    expect(text).toContain('"responseId":"1"');
  });

  it('the array is one JSON text, and open until the answer is whole', () => {
    const chunks = JSON.parse(write(playAll, 'array')) as JsonObject[];
    expect(chunks.map(({ usageMetadata }) => usageMetadata !== undefined)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const half = write((sink) => {
      sink.begin(null);
      sink.openText();
      sink.addText('x');
    }, 'array');
    expect(() => JSON.parse(half) as unknown).toThrow();
  });

  it('a call goes out when its arguments are whole, and arguments that are no object are wrapped', () => {
    const text = write((sink) => {
      sink.begin(null);
      sink.openToolCall(null, 'a');
      sink.addArguments('{"x":');
      sink.close();
      sink.finish({ stop: 'tool-calls', stopSequence: null, usage: null });
    }, 'sse');
    expect(text).toContain('"functionCall":{"name":"a","args":{"malformed_arguments":"{\\"x\\":"}}');
  });

  it('thoughts only for a client that asked for them', () => {
    expect(write(playAll, 'sse')).toContain('"thought":true');
    expect(write(playAll, 'sse', false)).not.toContain('Hm.');
  });
});
