import { skipSpace, skipValue } from './walk-text.ts';

/** Where the elements of the array that `text` (latin1) is stand; empty = it is none, or no good JSON. */
export function listElements(text: string): { start: number; end: number }[] {
  const elements: { start: number; end: number }[] = [];
  let next = skipSpace(text, 0);
  if (text[next] !== '[') return elements;
  do {
    const start = skipSpace(text, next + 1);
    if (text[start] === ']') return elements;
    const end = skipValue(text, start);
    if (end === -1) return [];
    elements.push({ start, end });
    next = skipSpace(text, end);
  } while (text[next] === ',');
  return text[next] === ']' ? elements : [];
}
