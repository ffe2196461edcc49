import { describe, expect, it } from 'vitest';
import { collectStream } from '../testing/translate-stream.ts';
import { buildOptions } from '../testing/translate-stream.ts';
import { translateAnswer } from '../translate-answer.ts';

describe('Chat Completions of compatible vendors', () => {
  const call = { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: { a: 1 } } };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

  it('[API-3] arguments that come as an object are not lost', () => {
    const chunks = [{ delta: { tool_calls: [call] } }, { delta: {}, finish_reason: 'tool_calls' }];
    const text = chunks
      .map((choice) => `data: ${JSON.stringify({ id: 'x', choices: [choice] })}\n\n`)
      .join('');
    const sink = collectStream('chat', Buffer.from(`${text}data: [DONE]\n\n`));
    expect(sink.calls).toEqual([{ id: 'c1', name: 'f', arguments: '{"a":1}' }]);
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    const body = { id: 'x', choices: [{ message, finish_reason: 'tool_calls' }], usage };
    const answer = translateAnswer(Buffer.from(JSON.stringify(body)), buildOptions('chat', 'messages'));
    expect(JSON.parse(Buffer.from(answer?.body ?? []).toString())).toMatchObject({
      content: [{ type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } }],
    });
  });
});
