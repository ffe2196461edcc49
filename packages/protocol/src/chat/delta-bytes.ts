import { findKeyValue, measureStrings } from '../json/find-needle.ts';

/** Text of all dialects: OpenAI's, DeepSeek's, OpenRouter's and Groq's reasoning, Mistral's lists of parts. */
const TEXTS = ['content', 'reasoning_content', 'reasoning', 'refusal', 'text', 'input', 'arguments'].map(
  (key) => `"${key}"`,
);
/** What a delta begins with in nearly every chunk; one string is all it holds. */
const PLAIN_STARTS = ['{"content":"', '{"reasoning_content":"', '{"reasoning":"', '{"refusal":"'];
/** The next fragment of a tool's input, as OpenAI writes it. */
const TOOL_START = '{"tool_calls":[{"index":';

/**
 * How many bytes of generated text one chunk (latin1) carries, as they stand in the JSON (an escape counts as
 * written). An estimate for answers that end without usage, made without parsing.
 */
export function measureChatDelta(text: string): number {
  const delta = findKeyValue(text, '"delta"');
  if (delta === -1 || text[delta] !== '{') return 0;
  const rest = text.slice(delta);
  return TEXTS.reduce((bytes, needle) => bytes + measureStrings(rest, needle), 0);
}

/**
 * Where the opening quote of the one string stands that a delta in OpenAI's own spelling holds: a piece of text, or of
 * a tool's input; -1 = spelled in another way.
 */
export function findDeltaQuote(text: string): number {
  const delta = findKeyValue(text, '"delta"');
  const start = PLAIN_STARTS.find((plain) => text.startsWith(plain, delta));
  if (start !== undefined) return delta + start.length - 1;
  if (!text.startsWith(TOOL_START, delta)) return -1;
  const value = findKeyValue(text, '"arguments"', delta);
  return text[value] === '"' ? value : -1;
}
