import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json/json-object.ts';
import { collectStream } from '../testing/translate-stream.ts';

const USAGE = { input_tokens: 5, output_tokens: 1 };

function read(events: JsonObject[]) {
  const text = events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`);
  const sink = collectStream('messages', Buffer.from(text.join('')));
  expect(sink.problems).toEqual([]);
  return sink;
}

const start = (message: JsonObject): JsonObject => ({
  type: 'message_start',
  message: { id: 'msg_1', content: [], stop_reason: null, usage: USAGE, ...message },
});
const STOP = { type: 'message_stop' };

describe('streams of a Messages upstream', () => {
  it('[API-3] blocks and a reason that stand in the start already are not lost', () => {
    const content = [
      { type: 'code_execution_tool_result', tool_use_id: 'srvtoolu_1', content: {} },
      { type: 'thinking', thinking: 'Hm.', signature: 'AA' },
      { type: 'text', text: 'So.' },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
    ];
    const sink = read([start({ content, stop_reason: 'tool_use' }), STOP]);
    expect([sink.thinking, sink.text, sink.calls, sink.ended?.stop]).toEqual([
      'Hm.',
      'So.',
      [{ id: 'toolu_1', name: 'f', arguments: '{"a":1}' }],
      'tool-calls',
    ]);
  });

  it('the same start twice counts its blocks once', () => {
    const given = start({ content: [{ type: 'text', text: 'So.' }] });
    const delta = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: USAGE };
    const sink = read([given, given, delta, STOP]);
    expect([sink.text, sink.ended?.stop]).toEqual(['So.', 'end']);
  });

  it.each([7, 'x', null, [7, null, 'x']])('content %j in the start is nothing', (content) => {
    expect(read([start({ content }), STOP]).kinds).toEqual([]);
  });
});
