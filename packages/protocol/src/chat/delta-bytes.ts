import { buildKeyNeedle, findKeyValue, measureStrings } from '../json/find-needle.ts';
import { skipString } from '../json/walk-bytes.ts';

const QUOTE = 34;
const OPEN_BRACE = 123;
const DELTA = buildKeyNeedle('delta');
const ARGUMENTS = buildKeyNeedle('arguments');
/** Text of all dialects: OpenAI's, DeepSeek's, OpenRouter's and Groq's reasoning, Mistral's lists of parts. */
const TEXTS = ['content', 'reasoning_content', 'reasoning', 'refusal', 'text', 'input'].map(buildKeyNeedle);
const PLAIN_KEY = /^"(?:content|reasoning_content|reasoning|refusal)"\s*:\s*"/u;
/** The longest plain key with its quotes, colon and spaces. */
const PLAIN_KEY_BYTES = 32;

/**
 * How many bytes of generated text one chunk carries, as they stand in the JSON (an escape counts as written). An
 * estimate for answers that end without usage, made without parsing. `dataBytes`: the true length of a chunk of
 * which `data` is only the beginning.
 */
export function measureChatDelta(data: Buffer, dataBytes: number, isCut: boolean): number {
  if (isCut) return Math.max(0, dataBytes - data.length);
  const delta = findKeyValue(data, DELTA);
  if (delta === -1 || data[delta] !== OPEN_BRACE) return 0;
  return measurePlain(data, delta + 1) ?? measureAny(data.subarray(delta));
}

/** Nearly every chunk has one string, first in its delta. */
function measurePlain(data: Buffer, at: number): number | null {
  if (data[at] !== QUOTE) return null;
  const match = PLAIN_KEY.exec(data.toString('latin1', at, at + PLAIN_KEY_BYTES));
  if (match === null) return null;
  const textAt = at + match[0].length;
  const end = skipString(data, textAt - 1);
  return end === -1 ? data.length - textAt : end - textAt - 1;
}

function measureAny(data: Buffer): number {
  const texts = TEXTS.reduce((bytes, needle) => bytes + measureStrings(data, needle), 0);
  return texts + measureStrings(data, ARGUMENTS);
}
