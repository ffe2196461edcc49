import { createConformanceChecker } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import type { WireProtocol } from './conversation/wire-protocol.ts';
import { buildOptions, translateStream } from './testing/translate-stream.ts';
import { translateAnswer } from './translate-answer.ts';

const sse = (...events: object[]): Buffer =>
  Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));

/** What a Messages client, or for messages a chat client, reads of a stream; it must be as its protocol demands. */
function readStream(bytes: Buffer, from: WireProtocol, to: WireProtocol = 'messages'): string {
  const { bytes: out, isComplete } = translateStream([bytes], buildOptions(from, to));
  const checker = createConformanceChecker(to);
  checker.push(out);
  checker.end();
  expect([isComplete, checker.problems]).toEqual([true, []]);
  return out.toString();
}

function readPlain(body: object, from: WireProtocol, to: WireProtocol = 'messages'): string {
  const answer = translateAnswer(Buffer.from(JSON.stringify(body)), buildOptions(from, to));
  return Buffer.from(answer?.body ?? []).toString();
}

const buildChat = (kind: 'delta' | 'message', finish_reason: string): object => ({
  id: 'c',
  choices: [{ index: 0, [kind]: { role: 'assistant', content: 'Hi' }, finish_reason }],
  usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
});

describe('finish reasons of vendors that are like OpenAI', () => {
  it.each([
    ['stop', 'end_turn'],
    ['eos', 'end_turn'],
    ['STOP', 'end_turn'],
    ['tool_calls', 'end_turn'],
    ['function_call', 'end_turn'],
    ['length', 'max_tokens'],
    ['max_tokens', 'max_tokens'],
    ['MAX_TOKENS', 'max_tokens'],
    ['model_length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['SAFETY', 'refusal'],
    ['sensitive', 'refusal'],
  ])('[API-3] %s behind words alone: %s', (reason, stop) => {
    const expected = `"stop_reason":"${stop}"`;
    expect(readStream(sse(buildChat('delta', reason)), 'chat')).toContain(expected);
    expect(readPlain(buildChat('message', reason), 'chat')).toContain(expected);
  });
});

describe('Messages answers', () => {
  const start = { type: 'message_start', message: { id: 'msg_1', content: [], usage: { input_tokens: 1 } } };
  const end = [
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ];
  const open = (content_block: object) => [
    { type: 'content_block_start', index: 0, content_block },
    { type: 'content_block_stop', index: 0 },
  ];

  it('[API-3] tool_use without a call, as of a tool at the provider: no client waits for one', () => {
    const block = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const bytes = sse(start, ...open(block), ...end);
    expect(readStream(bytes, 'messages', 'chat')).toContain('"finish_reason":"stop"');
    const plain = { id: 'msg_1', content: [block], stop_reason: 'tool_use' };
    expect(readPlain(plain, 'messages', 'chat')).toContain('"finish_reason":"stop"');
    const call = { ...block, type: 'tool_use' };
    expect(readStream(sse(start, ...open(call), ...end), 'messages', 'chat')).toContain('"tool_calls"}');
    expect(readPlain({ ...plain, content: [call] }, 'messages', 'chat')).toContain('"tool_calls"}');
  });

  it('[API-3] thoughts that stand in the start of their block already, in a stream and in its beginning', () => {
    const block = { type: 'thinking', thinking: 'Hm.', signature: '' };
    const begun = { ...start, message: { ...start.message, content: [block] } };
    for (const bytes of [sse(start, ...open(block), ...end), sse(begun, ...end)]) {
      expect(readStream(bytes, 'messages', 'chat').split('"reasoning_content":"Hm."')).toHaveLength(2);
    }
  });
});

describe('more than one candidate, in any order: the first is the answer', () => {
  const candidate = (text: string, index: number | null) => ({
    content: { role: 'model', parts: [{ text }] },
    index,
    finishReason: 'STOP',
  });
  const choice = (kind: string, content: string, index: number | null) => ({
    index,
    [kind]: { role: 'assistant', content },
    finish_reason: 'stop',
  });
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  it.each([0, null])('[API-3] index %j', (first) => {
    const gemini = { candidates: [candidate('second', 1), candidate('first', first)] };
    const chat = (kind: string) => ({
      choices: [choice(kind, 'second', 1), choice(kind, 'first', first)],
      usage,
    });
    const texts = [
      readStream(sse(gemini), 'gemini'),
      readPlain(gemini, 'gemini'),
      readStream(sse(chat('delta')), 'chat'),
      readPlain(chat('message'), 'chat'),
    ];
    for (const text of texts)
      expect([text.includes('first'), text.includes('second')]).toEqual([true, false]);
  });
});
