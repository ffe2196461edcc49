import { createConformanceChecker } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import { buildOptions, OPEN_CONTEXT, translateStream } from '../testing/translate-stream.ts';

const event = (data: { type: string; [key: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const START = event({
  type: 'message_start',
  message: { id: 'msg_01', content: [], usage: { input_tokens: 7, output_tokens: 1 } },
});
const CALL = [
  event({
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
  }),
  event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '' } }),
  event({ type: 'content_block_stop', index: 0 }),
].join('');
const END = [
  event({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } }),
  event({ type: 'message_stop' }),
].join('');

function translate(stream: string, includesUsage: boolean): { text: string; isComplete: boolean } {
  const context = { ...OPEN_CONTEXT, includesUsage };
  const options = buildOptions('messages', 'chat', { context });
  const { bytes, isComplete } = translateStream([Buffer.from(stream)], options);
  return { text: bytes.toString(), isComplete };
}

function listProblems(text: string, includesUsage: boolean): unknown {
  const checker = createConformanceChecker('chat', { includesUsage });
  checker.push(Buffer.from(text));
  checker.end();
  return checker.problems;
}

describe('a Chat Completions stream of Messages', () => {
  it.each([true, false])('[MON-8] usage is there only for a client that asked (%s)', (includesUsage) => {
    const { text, isComplete } = translate(START + CALL + END, includesUsage);
    expect([isComplete, listProblems(text, includesUsage)]).toEqual([true, []]);
    expect(text.includes('"prompt_tokens":7,"completion_tokens":5')).toBe(includesUsage);
  });

  it('[API-3] a call without arguments has an empty object: nothing is no JSON', () => {
    const { text } = translate(START + CALL + END, false);
    expect(text).toContain('"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]');
  });

  it('a tool whose input comes whole with its start has it as one piece', () => {
    const given = CALL.replace('"input":{}', '"input":{"city":"Paris"}');
    const { text } = translate(START + given + END, false);
    expect(text).toContain(JSON.stringify('{"city":"Paris"}'));
    expect(text).not.toContain('"arguments":"{}"');
  });

  it('an error in the stream ends it without any end, whatever comes behind', () => {
    const error = event({ type: 'error', error: { type: 'overloaded_error', message: 'x' } });
    const { text, isComplete } = translate(START + error + CALL + END, true);
    expect([isComplete, text.includes('[DONE]'), text.includes('finish_reason":"')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('an upstream that begins again inside a tool call has no success', () => {
    const half = CALL.slice(0, CALL.indexOf('event: content_block_stop'));
    expect(translate(START + half + START + CALL + END, true).isComplete).toBe(false);
  });

  it('an answer without a word is one, and has its end', () => {
    const { text, isComplete } = translate(START + END, true);
    expect([isComplete, listProblems(text, true)]).toEqual([true, []]);
  });
});
