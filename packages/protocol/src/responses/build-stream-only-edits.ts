import type { SpliceEdit } from '../json/apply-edits.ts';
import { buildInputEdits } from './build-input-edits.ts';
import { listMembers, type JsonMember } from '../json/list-members.ts';

export interface StreamOnlyEdits {
  /** To make in the body before it goes upstream. */
  edits: SpliceEdit[];
  /** Fields of the client whose wish is lost, each once. */
  dropped: readonly string[];
  /** The field that cannot be left out without changing what is asked; null = none. */
  refused: string | null;
}

/**
 * What the host takes from nobody: its 400 says `Unsupported parameter`. Limits, sampling and labels of an answer, none
 * of which changes what is asked.
 */
const REMOVED: ReadonlySet<string> = new Set([
  'max_output_tokens',
  'temperature',
  'top_p',
  'truncation',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_retention',
]);
/** What was said before stands only at the provider, who keeps nothing there: without it the question is another one. */
const REFUSED: ReadonlySet<string> = new Set(['previous_response_id', 'conversation']);

/**
 * [API-3] What makes a Responses request one for an upstream of ChatGPT accounts, which only streams, stores nothing,
 * and wants `instructions` (an empty text is all that is made up) and a list of items. `body`: one JSON object, known to be good and
 * not empty. Values of a wrong type are left for the upstream to refuse.
 */
export function buildStreamOnlyEdits(body: Buffer): StreamOnlyEdits {
  const text = body.toString('latin1');
  const members = listMembers(text) ?? [];
  const dropped = new Set<string>();
  const edits: SpliceEdit[] = [];
  let refused: string | null = null;
  for (const [index, member] of members.entries()) {
    const value = readToken(text, member);
    if (REFUSED.has(member.key) && value !== 'null') refused ??= member.key;
    if (isRemoved(member)) edits.push(buildRemoval(members, index));
    else if (member.key === 'input') edits.push(...buildInputEdits(text, member));
    else edits.push(...buildValueEdits(member, value));
    if (isWish(member, value)) dropped.add(member.key);
  }
  const missing = listMissing(members);
  const at = text.indexOf('{') + 1;
  if (missing !== '') edits.unshift({ start: at, end: at, text: missing });
  return { edits, dropped: [...dropped], refused };
}

function isRemoved({ key }: JsonMember): boolean {
  return REMOVED.has(key) || REFUSED.has(key);
}

/** Whether the client asks for something that it will not get. */
function isWish(member: JsonMember, value: string): boolean {
  if (member.key === 'store') return value === 'true';
  return REMOVED.has(member.key) && value !== 'null';
}

function buildValueEdits({ key, start, end }: JsonMember, value: string): SpliceEdit[] {
  const text = selectValue(key, value);
  return text === null || text === value ? [] : [{ start, end, text }];
}

/** null = it stays as it is. */
function selectValue(key: string, value: string): string | null {
  switch (key) {
    case 'stream':
      return value === 'false' || value === 'null' ? 'true' : null;
    case 'store':
      return value === 'true' || value === 'null' ? 'false' : null;
    case 'instructions':
      return value === 'null' ? '""' : null;
    default:
      return null;
  }
}

/** With the comma before it, or behind it where nothing stays before it. */
function buildRemoval(members: readonly JsonMember[], index: number): SpliceEdit {
  const { keyStart = 0, end = 0 } = members[index] ?? {};
  const hasKept = members.slice(0, index).some((member) => !isRemoved(member));
  if (hasKept) return { start: members[index - 1]?.end ?? keyStart, end, text: '' };
  return { start: keyStart, end: members[index + 1]?.keyStart ?? end, text: '' };
}

function listMissing(members: readonly JsonMember[]): string {
  const keys = new Set(members.map(({ key }) => key));
  return [
    keys.has('stream') ? '' : '"stream":true,',
    keys.has('store') ? '' : '"store":false,',
    keys.has('instructions') ? '' : '"instructions":"",',
  ].join('');
}

/** '' = longer than any word. */
function readToken(text: string, { start, end }: JsonMember): string {
  return end - start > 8 ? '' : text.slice(start, end);
}
