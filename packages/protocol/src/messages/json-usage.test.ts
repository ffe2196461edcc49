import { expect, it } from 'vitest';
import { readMessagesJson, readMessagesJsonUsage } from './json-usage.ts';

it.each(['', 'null', '[]', '"text"', '{"usage":', '<html>'])('%j is no whole answer', (text) => {
  expect(readMessagesJson(Buffer.from(text))).toBeNull();
  expect(readMessagesJsonUsage(Buffer.from(text))).toBeNull();
});

it('an object without usage is whole, and says nothing of usage', () => {
  expect(readMessagesJson(Buffer.from('{"id":"msg_1"}'))).toEqual({ metered: null });
});

it('[MON-8] gives what the answer says it used', () => {
  const answer = { model: 'm', usage: { input_tokens: 3, output_tokens: 4 } };
  const read = readMessagesJson(Buffer.from(JSON.stringify(answer)));
  expect(read?.metered).toMatchObject({ model: 'm', usage: { inputTokens: 3, outputTokens: 4 } });
});
