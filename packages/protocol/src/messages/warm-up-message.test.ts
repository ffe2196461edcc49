import { describe, expect, it } from 'vitest';
import { readMessagesJsonUsage } from './json-usage.ts';
import { createMessagesStreamMeter } from './stream-meter.ts';
import { buildWarmUpMessage, listWarmUpEvents } from './warm-up-message.ts';

const MODEL = 'claude-haiku-4-5';

interface SentEvent {
  type: string;
  message?: { id: string; model: string; content: unknown[] };
  delta?: { text?: string; stop_reason?: string };
}

function parseEvents(model: string): SentEvent[] {
  return listWarmUpEvents(model).map((event) => {
    const [, name, data] = /^event: (\w+)\ndata: ([^\n]*)\n\n$/.exec(event.toString()) ?? [];
    const parsed = JSON.parse(data ?? '') as SentEvent;
    expect(parsed.type).toBe(name);
    return parsed;
  });
}

describe('[WARM-1] the answer to a warm-up', () => {
  it('is a whole message with usage 10 in, 2 out', () => {
    const body = buildWarmUpMessage(MODEL);
    expect(JSON.parse(body.toString())).toEqual({
      id: 'msg_mock_warmup',
      type: 'message',
      role: 'assistant',
      model: MODEL,
      content: [{ type: 'text', text: 'New Conversation' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 2 },
    });
    expect(readMessagesJsonUsage(body)).toMatchObject({ usage: { inputTokens: 10, outputTokens: 2 } });
  });

  it('is a stream of seven events in order', () => {
    const events = parseEvents(MODEL);
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]?.message).toMatchObject({ id: 'msg_mock_warmup', model: MODEL, content: [] });
    expect(events.map(({ delta }) => delta?.text ?? '').join('')).toBe('New Conversation');
    expect(events[5]?.delta?.stop_reason).toBe('end_turn');
  });

  it('a meter reads the stream as whole, with the same usage', () => {
    const meter = createMessagesStreamMeter();
    for (const event of listWarmUpEvents(MODEL)) meter.push(event);
    meter.end();
    expect(meter).toMatchObject({ isComplete: true, isBroken: false, irregular: 0, error: null });
    expect(meter.usage()).toMatchObject({ model: MODEL, usage: { inputTokens: 10, outputTokens: 2 } });
  });

  it.each(['a"b\\c', 'm\n\nevent: error\ndata: {}', '模型\u2028'])(
    'the model %j stays inside its JSON',
    (model) => {
      expect(JSON.parse(buildWarmUpMessage(model).toString())).toHaveProperty('model', model);
      expect(parseEvents(model)[0]?.message?.model).toBe(model);
    },
  );
});
