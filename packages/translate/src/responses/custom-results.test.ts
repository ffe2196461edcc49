import { describe, expect, it } from 'vitest';
import { translateRequest } from '../translate-request.ts';

const CALL = { type: 'custom_tool_call', call_id: 'c1', name: 'exec', input: 'notify("more")' };
const DONE = { type: 'custom_tool_call_output', call_id: 'c1', output: 'done' };
const MORE = { type: 'custom_tool_call_output', call_id: 'c1', output: 'more' };

function translate(...items: object[]) {
  const input = [{ role: 'user', content: 'Hi' }, ...items];
  const body = Buffer.from(JSON.stringify({ model: 'm', input }));
  const options = { from: 'responses', to: 'messages', upstreamModel: 'm', stream: false } as const;
  return translateRequest(body, { ...options, outputTokensMax: null });
}

function readTurns(...items: object[]): { role: string; content: object[] }[] {
  const result = translate(...items);
  if (!result.ok) throw new Error(result.message);
  const { messages } = JSON.parse(Buffer.from(result.body).toString()) as {
    messages: { role: string; content: object[] }[];
  };
  return messages.slice(1);
}

describe('what a freeform tool tells after its first result', () => {
  const both = [
    { type: 'text', text: 'done' },
    { type: 'text', text: 'more' },
  ];

  it('[API-3] [API-8] stands behind it: a call has one result elsewhere', () => {
    expect(readTurns(CALL, DONE, MORE)).toMatchObject([
      { role: 'assistant', content: [{ type: 'tool_use', name: 'exec' }] },
      { role: 'user', content: [{ type: 'tool_result', content: both }] },
    ]);
  });

  it('[API-3] also when the model has spoken in between', () => {
    const [, first, , last] = readTurns(CALL, DONE, { role: 'assistant', content: 'Yes.' }, MORE, {
      role: 'user',
      content: 'Go on.',
    });
    expect([first, last]).toMatchObject([
      { content: [{ type: 'tool_result', content: both }] },
      { content: [{ type: 'text', text: 'Go on.' }] },
    ]);
  });

  it.each([
    [
      'a function’s second result',
      [{ ...CALL, type: 'function_call' }, DONE, { ...MORE, type: 'function_call_output' }],
    ],
    ['a result without a call', [MORE]],
    ['another call’s result', [CALL, DONE, { ...MORE, call_id: 'c2' }]],
  ])('[REQ-4] %s is refused, by its field', (_, items) => {
    expect(translate(...items)).toMatchObject({
      ok: false,
      param: expect.stringMatching(/^input\[?\.?\d+\]?\.call_id$/u) as string,
    });
  });
});
