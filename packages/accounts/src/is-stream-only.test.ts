import { expect, it } from 'vitest';
import { isStreamOnly } from './is-stream-only.ts';

it.each([
  ['openai', 'oauth', 'responses', true],
  ['openai', 'setup-token', 'responses', true],
  // Its operator has said that the host speaks chat, so it is none of ChatGPT's.
  ['openai', 'oauth', 'chat', false],
  ['openai', 'api-key', 'responses', false],
  ['anthropic', 'oauth', 'messages', false],
  ['gemini', 'oauth', 'code-assist', false],
] as const)('[API-3] %s, %s, asked in %s: %s', (platform, kind, protocol, expected) => {
  expect(isStreamOnly({ platform, kind }, protocol)).toBe(expected);
});
