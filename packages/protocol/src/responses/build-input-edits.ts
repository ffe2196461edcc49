import type { SpliceEdit } from '../json/apply-edits.ts';
import { listElements } from '../json/list-elements.ts';
import { listMembers } from '../json/list-members.ts';

const QUOTE = '"';
const SYSTEM = '"system"';

/** What a text is short for. https://platform.openai.com/docs/api-reference/responses/create#responses-create-input */
const BEFORE_TEXT = '[{"type":"message","role":"user","content":[{"type":"input_text","text":';
const BEHIND_TEXT = '}]}]';

/**
 * What makes `input`, at `start` to `end` of the body's text (latin1), one for hosts that want a list of items ("Input
 * must be a list"), and that know a developer but no system in it ("System messages are not allowed").
 */
export function buildInputEdits(text: string, { start, end }: { start: number; end: number }): SpliceEdit[] {
  if (text[start] === QUOTE)
    return [
      { start, end: start, text: BEFORE_TEXT },
      { start: end, end, text: BEHIND_TEXT },
    ];
  const input = text.slice(start, end);
  if (!input.includes(SYSTEM)) return [];
  return listElements(input).flatMap((item) =>
    listSystemRoles(input.slice(item.start, item.end)).map((role) => {
      const at = start + item.start;
      return { start: at + role.start, end: at + role.end, text: '"developer"' };
    }),
  );
}

/** Only of messages: a tool may call a field of its own so. */
function listSystemRoles(item: string): { start: number; end: number }[] {
  if (!item.startsWith('{') || !item.includes(SYSTEM)) return [];
  const members = listMembers(item) ?? [];
  const type = members.findLast(({ key }) => key === 'type');
  if (type !== undefined && item.slice(type.start, type.end) !== '"message"') return [];
  return members.filter(({ key, start, end }) => key === 'role' && item.slice(start, end) === SYSTEM);
}
