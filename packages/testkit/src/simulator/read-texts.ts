import { readObject } from './read-json.ts';

/** What a conversation says, and what its user has said last. */
export function readTexts(turns: unknown): { inputText: string; lastUserText: string } {
  if (typeof turns === 'string') return { inputText: turns, lastUserText: turns };
  const list = Array.isArray(turns) ? turns : [];
  const last = list.findLast((turn) => (readObject(turn)['role'] ?? 'user') === 'user');
  return { inputText: collectText(list), lastUserText: collectText(last) };
}

/** Every string under `text`, `content` or `parts`, at any depth. */
function collectText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(collectText).join('');
  const { text, content, parts } = readObject(value);
  return [text, content, parts].map((each) => (each === undefined ? '' : collectText(each))).join('');
}
