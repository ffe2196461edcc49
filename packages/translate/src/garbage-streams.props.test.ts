import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import { selectParts } from './protocols.ts';
import { CollectorSink } from './testing/collector-sink.ts';
import { buildOptions, cutBytes, translateStream } from './testing/translate-stream.ts';
import { buildAnswerScope } from './translate-answer.ts';

/** Values that stand where they belong, and where they do not. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'x',
    '{}',
    '{"a":1}',
    'call_1',
    null,
    0,
    1,
    7,
    true,
    [],
    {},
    'STOP',
    'completed',
  ),
  fc.jsonValue({ maxDepth: 1 }),
);

function pick(...keys: string[]): fc.Arbitrary<object> {
  return fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
}

const responsesItem = fc
  .tuple(
    fc.constantFrom('message', 'function_call', 'custom_tool_call', 'reasoning', 'x'),
    pick('call_id', 'name', 'arguments', 'input', 'content', 'summary'),
  )
  .map(([type, fields]) => Object.assign({ type }, fields));

const responsesEvent = fc
  .tuple(
    fc.constantFrom(
      'response.created',
      'response.output_item.added',
      'response.output_item.added',
      'response.output_item.done',
      'response.content_part.added',
      'response.content_part.done',
      'response.output_text.delta',
      'response.refusal.delta',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.function_call_arguments.delta',
      'response.custom_tool_call_input.delta',
      'response.completed',
      'response.incomplete',
    ),
    fc.record({
      output_index: fc.constantFrom<unknown>(0, 1, 2, null, 'x'),
      delta: value,
      item: fc.oneof(responsesItem, value),
      response: pick('id', 'status', 'output', 'usage', 'incomplete_details'),
      summary_index: value,
    }),
  )
  .map(([type, fields]) => Object.assign({ type }, fields));

const geminiPart = fc.oneof(
  pick('text', 'thought', 'thoughtSignature', 'inlineData'),
  fc.record({ functionCall: pick('name', 'id', 'args', 'willContinue', 'partialArgs') }),
  value,
);
const geminiEvent = fc.record(
  {
    candidates: fc.oneof(
      fc.tuple(
        fc
          .tuple(fc.array(geminiPart, { maxLength: 3 }), pick('finishReason', 'index', 'finishMessage'))
          .map(([parts, fields]) => Object.assign({ content: { parts } }, fields)),
      ),
      value,
    ),
    promptFeedback: pick('blockReason'),
    usageMetadata: value,
    responseId: value,
  },
  { requiredKeys: [] },
);

const messagesEvent = fc
  .tuple(
    fc.constantFrom(
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ),
    fc.record({
      message: pick('id', 'usage'),
      index: value,
      content_block: fc.record({
        type: fc.constantFrom('text', 'tool_use', 'thinking', 'x'),
        id: value,
        name: value,
        input: value,
        text: value,
      }),
      delta: pick('text', 'thinking', 'partial_json', 'stop_reason', 'stop_sequence'),
      usage: value,
    }),
  )
  .map(([type, fields]) => Object.assign({ type }, fields));

const chatEvent = fc.record(
  {
    id: value,
    choices: fc.oneof(
      fc.tuple(
        fc.record({
          delta: fc.record(
            {
              content: value,
              refusal: value,
              reasoning_content: value,
              tool_calls: fc.oneof(
                fc.array(fc.record({ index: value, id: value, function: pick('name', 'arguments') })),
                value,
              ),
            },
            { requiredKeys: [] },
          ),
          finish_reason: value,
        }),
      ),
      value,
    ),
    usage: value,
  },
  { requiredKeys: [] },
);

const EVENTS: Record<WireProtocol, fc.Arbitrary<object>> = {
  messages: messagesEvent,
  chat: chatEvent,
  responses: responsesEvent,
  gemini: geminiEvent,
};

function encode(events: readonly unknown[]): Buffer {
  return Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
}

describe.each(WIRE_PROTOCOLS)('events of %s in any order, with anything in them', (protocol) => {
  const stream = fc.array(EVENTS[protocol], { maxLength: 12 });

  it('never throw, and never break the order that writers rely on', () => {
    fc.assert(
      fc.property(stream, (events) => {
        const sink = new CollectorSink();
        const scope = buildAnswerScope(buildOptions(protocol, 'messages'));
        const reader = selectParts(protocol).createReader(sink, scope);
        reader.push(encode(events));
        const { isComplete } = reader;
        reader.end();
        expect(sink.problems).toEqual([]);
        if (sink.ended !== null) expect(reader.isComplete).toBe(true);
        if (reader.isComplete) expect(sink.ended).not.toBeNull();
        if (isComplete) expect(reader.isComplete).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('any bytes at all, to each other protocol: no throw', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)),
      stream.map(encode),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 5 }), (raw, places) => {
        for (const to of WIRE_PROTOCOLS.filter((other) => other !== protocol)) {
          expect(() => translateStream(cutBytes(raw, places), buildOptions(protocol, to))).not.toThrow();
        }
      }),
      { numRuns: 60 },
    );
  });
});
